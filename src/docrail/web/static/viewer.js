// The pages of a document: their words, drawn where there is no picture, and the boxes that values come from.
const SVG = "http://www.w3.org/2000/svg";

function element(name, attributes) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

export class Viewer {
  // `take`, if given, is called with the text of the words that were clicked, and their page and box.
  constructor(root, take = null) {
    this.root = root;
    this.take = take;
    this.first = null;
    const seen = new IntersectionObserver((entries) => {
      for (const entry of entries.filter((each) => each.isIntersecting)) {
        seen.unobserve(entry.target);
        this.draw(entry.target);
      }
    }, { rootMargin: "400px" });
    for (const sheet of root.querySelectorAll(".sheet")) seen.observe(sheet);
  }

  async draw(sheet) {
    const drawing = sheet.querySelector("svg");
    const hasPicture = sheet.querySelector("img") !== null;
    if (hasPicture && !this.take) return;
    const answer = await fetch(`/documents/${this.root.dataset.document}/words/${sheet.dataset.page}`);
    if (!answer.ok) return;
    const { lines } = await answer.json();
    const words = element("g", { class: hasPicture ? "words" : "words written" });
    lines.forEach((line, row) => line.forEach((word, place) => words.append(this.word(word, row, place, lines, sheet, hasPicture))));
    drawing.append(words);
    drawing.dataset.drawn = "yes";
  }

  word([text, x0, y0, x1, y1], row, place, lines, sheet, hasPicture) {
    const group = element("g", { class: "word" });
    const box = element("rect", { x: x0, y: y0, width: Math.max(x1 - x0, 1), height: Math.max(y1 - y0, 1), rx: 1 });
    group.append(box);
    if (!hasPicture) {
      const written = element("text", { x: x0, y: y0 + 0.78 * (y1 - y0), "font-size": 0.8 * (y1 - y0), textLength: Math.max(x1 - x0, 1), lengthAdjust: "spacingAndGlyphs" });
      written.textContent = text;
      group.append(written);
    }
    if (this.take) {
      group.dataset.text = text;
      group.addEventListener("click", (event) => this.choose({ row, place, lines, sheet, extend: event.shiftKey }));
    }
    return group;
  }

  // One click takes a word; shift and a second click on the same line takes all from the one to the other.
  choose({ row, place, lines, sheet, extend }) {
    const from = extend && this.first?.row === row && this.first.sheet === sheet ? this.first.place : place;
    if (!extend) this.first = { row, place, sheet };
    const chosen = lines[row].slice(Math.min(from, place), Math.max(from, place) + 1);
    const box = [Math.min(...chosen.map((w) => w[1])), Math.min(...chosen.map((w) => w[2])), Math.max(...chosen.map((w) => w[3])), Math.max(...chosen.map((w) => w[4]))];
    this.mark([{ page: sheet.dataset.page, box, kind: "taken" }], "taken");
    this.take(chosen.map((word) => word[0]).join(" "), Number(sheet.dataset.page), box);
  }

  // Draw boxes, in place of those of the same kind before.
  mark(places, kind) {
    for (const old of this.root.querySelectorAll(`.mark-${kind}`)) old.remove();
    return places.map(({ page, box }) => {
      const sheet = this.root.querySelector(`.sheet[data-page="${page}"]`);
      if (!sheet || !box) return null;
      const [x0, y0, x1, y1] = box;
      const made = element("rect", { class: `mark mark-${kind}`, x: x0 - 2, y: y0 - 2, width: x1 - x0 + 4, height: y1 - y0 + 4, rx: 2 });
      sheet.querySelector("svg").append(made);
      return made;
    });
  }

  // Bring a place into sight by scrolling the pages, never the window.
  show({ page, box }) {
    const sheet = this.root.querySelector(`.sheet[data-page="${page}"]`);
    if (!sheet) return;
    const down = box ? (box[1] / Number(sheet.dataset.height)) * sheet.offsetHeight : 0;
    const top = sheet.offsetTop + down - this.root.scrollTop;
    if (top < 0 || top > 0.85 * this.root.clientHeight) this.root.scrollTo({ top: sheet.offsetTop + down - this.root.clientHeight / 3 });
  }
}

export function placeOf(node) {
  return { page: node.dataset.page, box: node.dataset.box?.split(" ").map(Number) };
}
