// Files are sent one by one, four at a time, as soon as they are dropped; what became of each is said in its row.
const AT_ONCE = 4;
const SHOWN = 200;
const picker = document.getElementById("files");
const kept = document.getElementById("kept");
const count = document.getElementById("count");
const form = document.getElementById("start");
const go = document.getElementById("go");
const spec = document.getElementById("spec");
const ids = new Set();
const waiting = [];
let sending = 0;
let refused = 0;

function add(files) {
  waiting.push(...files);
  while (sending < AT_ONCE && waiting.length) send(waiting.shift());
  tell();
}

async function send(file) {
  sending += 1;
  const row = kept.childElementCount < SHOWN ? kept.appendChild(document.createElement("li")) : document.createElement("li");
  row.textContent = file.name;
  const body = new FormData();
  body.append("files", file);
  try {
    const answer = await fetch("/start/files", { method: "POST", body });
    if (!answer.ok) throw new Error(answer.status === 413 ? "too large" : `the server answered ${answer.status}`);
    keep(await answer.json(), row);
  } catch (error) {
    refuse(row, file.name, error.message);
  }
  sending -= 1;
  if (waiting.length) send(waiting.shift());
  tell();
}

function keep(admissions, row) {
  admissions.forEach((each, index) => {
    const place = index === 0 ? row : kept.appendChild(document.createElement("li"));
    if (each.status === "refused") {
      refuse(place, each.filename, each.reason);
      return;
    }
    ids.add(each.id);
    place.className = "good";
    place.textContent = each.filename;
    if (each.status === "duplicate") place.append(small("was here before"));
  });
}

function refuse(row, name, reason) {
  refused += 1;
  row.className = "bad";
  row.textContent = name;
  row.append(small(reason));
}

function small(text) {
  const made = document.createElement("small");
  made.textContent = ` ${text}`;
  return made;
}

function tell() {
  const left = waiting.length + sending;
  const parts = [`${ids.size} document${ids.size === 1 ? "" : "s"}`];
  if (left) parts.push(`${left} on the way`);
  if (refused) parts.push(`${refused} refused`);
  count.textContent = ids.size || left || refused ? parts.join(", ") : "";
  go.disabled = left > 0 || ids.size === 0 || spec === null;
}

picker.addEventListener("change", () => add(picker.files));
addEventListener("dragover", (event) => {
  event.preventDefault();
  document.body.classList.add("dropping");
});
addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) document.body.classList.remove("dropping");
});
addEventListener("drop", (event) => {
  event.preventDefault();
  document.body.classList.remove("dropping");
  add(event.dataTransfer.files);
});
form.addEventListener("formdata", (event) => {
  for (const id of ids) event.formData.append("document", id);
});
