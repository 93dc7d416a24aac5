// A field that takes one file and sends it to the kernel, unless it is too large for the way there: a message of more
// than 10 MiB would make Jupyter's server drop the connection, and no kernel could say why.
function render({ model, el }) {
  const label = document.createElement("label"), field = document.createElement("input");
  Object.assign(field, { type: "file", accept: "image/*" });
  label.append(model.get("text") + " ", field);
  el.append(label);
  field.onchange = async () => {
    const [file] = field.files;
    if (!file) return;
    const content = file.size <= model.get("largest") ? [await file.arrayBuffer()] : [];
    model.send({ name: file.name, size: file.size }, undefined, content);
    field.value = "";  // so that the same file may come again
  };
}

export default { render };
