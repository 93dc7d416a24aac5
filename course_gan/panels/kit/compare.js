// Two pictures over each other, and a slider that moves the border between them.
function render({ model, el }) {
  const box = document.createElement("div"), slider = document.createElement("input");
  const [before, after] = ["before", "after"].map(name => {
    const picture = new Image();
    picture.alt = name;
    picture.style.cssText = "width: 100%; display: block; image-rendering: auto";
    box.append(picture);
    return picture;
  });
  box.style.cssText = "position: relative; width: 384px; max-width: 100%";
  box.className = "course-gan-compared";
  after.style.position = "absolute";
  after.style.inset = "0";
  Object.assign(slider, { type: "range", min: 0, max: 100, value: model.get("share") });
  slider.setAttribute("aria-label", "how much of the painting is shown, from the right");
  slider.style.cssText = "width: 384px; max-width: 100%; margin: 4px 0; color: inherit; background: transparent";

  const cut = () => { after.style.clipPath = `inset(0 0 0 ${100 - slider.value}%)`; };
  const load = () => { before.src = model.get("before"); after.src = model.get("after"); };
  slider.oninput = cut;
  model.on("change:before change:after", load);
  el.append(box, slider);
  load();
  cut();
}

export default { render };
