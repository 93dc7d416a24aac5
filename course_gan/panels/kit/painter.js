// A label map to paint on: its classes lie as bytes in `labels`, row by row. What is computed happens in Python:
// this draws the map, follows the mouse or the keyboard, and hands the bytes over at the end of each stroke.
// A class whose colour has a fourth number lets the picture `backdrop`, if there is one, shine through.

function palette(model) {
  const row = document.createElement("div");
  row.setAttribute("role", "group");
  row.setAttribute("aria-label", "class to paint");
  const buttons = model.get("classes").map(([name, colour], label) => {
    const button = document.createElement("button");
    button.className = "jupyter-button course-gan-class";
    button.textContent = name;
    button.style.cssText = `width: auto; border-left: 1.2em solid rgb(${colour})`;
    button.onclick = () => { model.set("label", label); model.save_changes(); };
    row.append(button);
    return button;
  });
  const mark = () => buttons.forEach((button, label) => {
    const chosen = label === model.get("label");
    button.setAttribute("aria-pressed", chosen);
    button.style.textDecoration = chosen ? "underline" : "none";
    button.style.fontWeight = chosen ? "bold" : "normal";
  });
  model.on("change:label", mark);
  mark();
  return row;
}

function render({ model, el }) {
  const colours = model.get("classes").map(([, colour]) => colour.length > 3 ? colour : [...colour, 255]);
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { tabIndex: 0, className: "course-gan-canvas" });
  canvas.setAttribute("role", "application");
  canvas.setAttribute("aria-label", "label map: paint with the mouse; or arrow keys (with Shift faster) and Space");
  const pen = canvas.getContext("2d");
  let width, height, sheet, cursor, labels, last = null, keys = false;

  function fit() {
    const [columns, rows, zoom] = model.get("shape"), behind = model.get("backdrop");
    [width, height] = [columns, rows];
    Object.assign(canvas, { width, height });
    canvas.style.cssText = `width: ${width * zoom}px; height: ${height * zoom}px; max-width: 100%;
      image-rendering: pixelated; touch-action: none; display: block`;
    if (behind) canvas.style.background = `0 0 / 100% 100% url("${behind}")`;
    sheet = pen.createImageData(width, height);
    cursor = [width >> 1, height >> 1];
  }
  function show() {
    labels.forEach((label, i) => sheet.data.set(colours[label], 4 * i));
    pen.putImageData(sheet, 0, 0);
    if (keys) {  // where the keyboard's brush stands
      const wide = model.get("brush") + 2;
      pen.strokeRect(cursor[0] + 0.5 - wide / 2, cursor[1] + 0.5 - wide / 2, wide, wide);
    }
  }
  function load() {
    if (last) return;  // a stroke is under way: it is newer than whatever comes
    const bytes = model.get("labels");
    if (bytes.byteLength !== width * height) return;  // its shape is still on the way
    labels = new Uint8Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
    show();
  }
  function dab([x, y]) {  // a disc of the brush's diameter, one pixel at the least
    const reach = model.get("brush") / 2, label = model.get("label");
    for (let v = Math.max(0, Math.ceil(y - reach)); v <= Math.min(height - 1, y + reach); v++)
      for (let u = Math.max(0, Math.ceil(x - reach)); u <= Math.min(width - 1, x + reach); u++)
        if (Math.hypot(u - x, v - y) <= Math.max(0.5, reach - 0.5)) labels[v * width + u] = label;
  }
  function stroke(from, to) {
    const steps = Math.max(1, Math.abs(to[0] - from[0]), Math.abs(to[1] - from[1]));
    for (let i = 0; i <= steps; i++) dab([0, 1].map(k => Math.round(from[k] + (to[k] - from[k]) * i / steps)));
    show();
  }
  function hand() {
    model.set("labels", new DataView(labels.slice().buffer));
    model.save_changes();
  }
  function place(event) {
    const box = canvas.getBoundingClientRect();
    return [Math.floor((event.clientX - box.left) * width / box.width),
            Math.floor((event.clientY - box.top) * height / box.height)];
  }

  canvas.onpointerdown = event => {
    if (event.button) return;
    keys = false;
    if (model.get("fill")) { model.send({ fill: place(event) }); return; }
    canvas.setPointerCapture(event.pointerId);
    last = place(event);
    stroke(last, last);
  };
  canvas.onpointermove = event => {
    if (!last) return;
    const next = place(event);
    stroke(last, next);
    last = next;
  };
  canvas.onpointerup = canvas.onpointercancel = () => {
    if (last) { last = null; hand(); }
  };
  canvas.onkeydown = event => {
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (!way && event.key !== " ") return;
    event.preventDefault();
    keys = true;
    const far = event.shiftKey ? 8 : 1;
    if (way) cursor = [[width, 0], [height, 1]].map(([n, k]) => Math.min(n - 1, Math.max(0, cursor[k] + far * way[k])));
    else if (model.get("fill")) model.send({ fill: cursor });
    else { dab(cursor); hand(); }
    show();
  };
  canvas.onblur = () => { keys = false; show(); };

  el.setAttribute("data-lm-suppress-shortcuts", "true");  // or JupyterLab moves to the next cell with the arrows
  el.append(palette(model), canvas);
  const point = () => { canvas.style.cursor = model.get("fill") ? "cell" : "crosshair"; };
  model.on("change:fill", point);
  model.on("change:labels", load);
  model.on("change:shape change:backdrop", () => { fit(); point(); load(); });
  fit();
  point();
  load();
}

export default { render };
