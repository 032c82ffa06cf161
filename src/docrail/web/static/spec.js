// The editor: Tab stays a key that leaves it, Ctrl-S saves, a problem leads to its line.
const text = document.getElementById("text");

function goTo(line) {
  const lines = text.value.split("\n");
  const start = lines.slice(0, line - 1).reduce((sum, each) => sum + each.length + 1, 0);
  text.focus();
  text.setSelectionRange(start, start + (lines[line - 1]?.length ?? 0));
  text.scrollTop = (line - 4) * parseFloat(getComputedStyle(text).lineHeight);
}

document.addEventListener("click", (event) => {
  const line = event.target.dataset?.line;
  if (!line) return;
  event.preventDefault();
  goTo(Number(line));
});
text.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key === "s") {
    event.preventDefault();
    document.getElementById("spec").requestSubmit();
  }
});
