// A field and its words on the page belong together: pointing at the one shows the other.
import { Viewer, placeOf } from "./viewer.js";

const root = document.querySelector(".viewer");
const viewer = new Viewer(root);
const fields = [...document.querySelectorAll(".field[data-box]")];

viewer.mark(fields.map(placeOf), "value").forEach((mark, index) => {
  if (!mark) return;
  const field = fields[index];
  const light = (on) => {
    mark.classList.toggle("lit", on);
    field.classList.toggle("lit", on);
  };
  for (const [node, on, off] of [[field, "pointerenter", "pointerleave"], [field, "focusin", "focusout"], [mark, "pointerenter", "pointerleave"]]) {
    node.addEventListener(on, () => light(true));
    node.addEventListener(off, () => light(false));
  }
  field.addEventListener("focusin", () => viewer.show(placeOf(field)));
  mark.addEventListener("click", () => open(field));
});

function open(field) {
  field.querySelector("details").open = true;
  field.querySelector("summary").focus();
}

function openNamed() {
  const field = location.hash.startsWith("#field-") && document.getElementById(location.hash.slice(1));
  if (field) open(field);
}

openNamed();
addEventListener("hashchange", openNamed);
