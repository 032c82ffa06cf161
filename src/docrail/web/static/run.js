// A run as it happens: every event fills the counters of the rail; what else changes is asked for at most once a second.
const live = document.getElementById("live");
const number = new Intl.NumberFormat("en-US");
const COUNTS = ["completed", "running", "pending", "errors", "skipped"];
let due = null;

function fill(progress) {
  for (const name of ["completedDocuments", "errorDocuments", "heldFields"]) say(name, number.format(progress[name]));
  if (progress.documentsPerSecond !== null) say("documentsPerSecond", number.format(progress.documentsPerSecond.toFixed(1)));
  for (const row of progress.phases) fillPhase(row, progress.totalDocuments || 1);
}

function say(name, text) {
  const place = live.querySelector(`[data-total="${name}"]`);
  if (place) place.textContent = text;
}

function fillPhase(row, total) {
  const station = live.querySelector(`[data-phase="${CSS.escape(row.phaseId)}"]`);
  if (!station) return;
  const share = (count) => `${((100 * count) / total).toFixed(2)}%`;
  const widths = { completed: row.completed, running: row.running, errors: row.errors, skipped: row.skipped };
  for (const [name, count] of Object.entries(widths)) station.querySelector(`rect.${name}`).setAttribute("width", share(count));
  station.querySelector("rect.running").setAttribute("x", share(row.completed));
  station.querySelector("rect.errors").setAttribute("x", share(row.completed + row.running));
  station.querySelector("rect.skipped").setAttribute("x", share(total - row.skipped));
  for (const name of COUNTS) {
    const place = station.querySelector(`[data-count="${name}"]`);
    place.classList.toggle("none", row[name] === 0);
    place.querySelector("dd").textContent = number.format(row[name]);
  }
}

function refresh(wait) {
  if (due !== null) return;
  due = setTimeout(async () => {
    await window.htmx.ajax("GET", `/runs/${live.dataset.run}/live`, { target: "#live", swap: "innerHTML" });
    due = null;
  }, wait);
}

function follow() {
  const events = new EventSource(`/runs/${live.dataset.run}/progress`);
  events.addEventListener("message", (event) => {
    const progress = JSON.parse(event.data);
    fill(progress);
    if (["active", "finalizing"].includes(progress.status)) {
      refresh(1000);
      return;
    }
    events.close();
    clearTimeout(due);
    due = null;
    live.dataset.terminal = "yes";
    refresh(0);
    document.body.dispatchEvent(new CustomEvent("settled"));
  });
  addEventListener("pagehide", () => events.close());
}

if (live.dataset.terminal === "no") follow();
