// The review queue by keyboard. A decision waits some seconds before it is sent: until then it can be taken back.
import { Viewer, placeOf } from "./viewer.js";

const FINAL_AFTER = 6000;
const BUTTONS = { a: "approve", c: "correct", o: "override" };
const toast = document.getElementById("toast");
let pending = null;
let viewer = null;
let decided = Number(sessionStorage.getItem("decided") ?? 0);

const item = () => document.getElementById("item");
const field = () => document.getElementById("value");

function begin() {
  tell();
  const reason = document.getElementById("why");
  if (reason) reason.hidden = true;
  const root = item()?.querySelector(".viewer");
  if (!root) return;
  viewer = new Viewer(root, field() && !field().disabled ? take : null);
  const versions = [...item().querySelectorAll(".versions [data-box]")];
  const shown = versions.slice(-1).map(placeOf);
  viewer.mark(shown, "value");
  const candidates = [...item().querySelectorAll(".candidate[data-box]")];
  viewer.mark(candidates.map(placeOf), "candidate").forEach((mark, index) => {
    mark?.addEventListener("click", () => candidates[index].click());
    for (const [on, off] of [["pointerenter", "pointerleave"], ["focus", "blur"]]) {
      candidates[index].addEventListener(on, () => mark?.classList.add("lit"));
      candidates[index].addEventListener(off, () => mark?.classList.remove("lit"));
    }
  });
  const first = shown[0] ?? (candidates[0] && placeOf(candidates[0]));
  if (first) viewer.show(first);
  document.getElementById("title")?.focus({ preventScroll: true });
}

function take(text) {
  field().value = text;
  field().dispatchEvent(new Event("input", { bubbles: true }));
}

function tell() {
  const place = document.getElementById("sitting");
  if (place) place.textContent = decided ? `· ${decided} decided in this sitting` : "";
}

const changed = () => field().dataset.was !== undefined && field().value !== field().dataset.was;

// Approving keeps the value that was found: whoever typed another one means to correct it.
function sayChanged() {
  const form = document.getElementById("decide");
  form.querySelector("[value=approve]").className = changed() ? "quiet" : "button";
  form.querySelector("[value=correct]").className = changed() ? "button" : "quiet";
  document.getElementById("wrong").hidden = true;
}

function refuse(message) {
  const wrong = document.getElementById("wrong");
  wrong.hidden = false;
  wrong.textContent = message;
}

async function decide(form, action) {
  if (action === "approve" && changed()) {
    refuse("You changed the value: correct it with C, or type the old one.");
    return;
  }
  if (action === "override" && !document.getElementById("reason").value) {
    document.getElementById("why").hidden = false;
    document.getElementById("reason").focus();
    refuse("Say why the value goes past the gate.");
    return;
  }
  const body = new URLSearchParams(new FormData(form));
  body.set("action", action);
  const place = item().dataset.place;
  if (!(await passes(place, body))) return;
  document.getElementById("title").focus({ preventScroll: true });
  await flush();
  const said = { approve: "Approved", correct: "Corrected", override: "Overridden" }[action];
  const name = document.getElementById("title").textContent;
  const value = action === "approve" ? field().dataset.was ?? field().value : field().value;
  pending = { place, body, held: item().dataset.held, asked: item().dataset.asked, text: `${name}: ${said.toLowerCase()}${value ? ` as ${value}` : ""}` };
  pending.timer = setTimeout(flush, FINAL_AFTER);
  announce(`${pending.text}.`, true);
  decided += Number(pending.held !== "");
  sessionStorage.setItem("decided", decided);
  await goOn(pending.held);
}

async function passes(place, body) {
  const answer = await fetch(`${place}/check`, { method: "POST", body });
  if (answer.ok) return true;
  refuse(answer.headers.get("content-type").includes("json") ? (await answer.json()).message : "The server could not take this.");
  field().focus();
  return false;
}

async function flush() {
  if (pending === null) return;
  const { place, body, timer, text, asked } = pending;
  pending = null;
  clearTimeout(timer);
  const answer = await fetch(`${place}/decide`, { method: "POST", body, headers: { Accept: "application/json" }, keepalive: true });
  if (answer.ok) {
    const { decided: many } = await answer.json();
    announce(many > 1 ? `${text}, with ${many - 1} others.` : `${text}. Final.`, false);
  } else {
    announce(`${text} did not land: ${(await answer.json()).message}`, false);
  }
  if (item().dataset.done) window.htmx.ajax("GET", `/review?${asked}`, swapped());
}

function undo() {
  if (pending === null) return;
  clearTimeout(pending.timer);
  const { place, asked, held } = pending;
  pending = null;
  decided -= Number(held !== "");
  sessionStorage.setItem("decided", decided);
  announce("Taken back.", false);
  window.htmx.ajax("GET", asked ? `${place}?${asked}` : place, swapped());
}

function announce(text, mayUndo) {
  toast.hidden = false;
  document.getElementById("toast-text").textContent = text;
  document.getElementById("undo").hidden = !mayUndo;
}

function swapped() {
  return { target: "#item", select: "#item", swap: "outerHTML" };
}

function goOn(held) {
  const values = { ...Object.fromEntries(new URLSearchParams(item().dataset.asked)), after: held, skip: held };
  return window.htmx.ajax("POST", "/review/next", { ...swapped(), values });
}

document.addEventListener("submit", (event) => {
  if (event.target.id !== "decide") return;
  event.preventDefault();
  decide(event.target, event.submitter?.value ?? (changed() ? "correct" : "approve"));
});

document.addEventListener("input", (event) => {
  if (event.target.id === "value") sayChanged();
});

// Whoever goes elsewhere on the page finds there what they decided.
document.addEventListener("click", async (event) => {
  const link = event.target.closest?.("a[href]");
  if (!link || pending === null || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  await flush();
  location.assign(link.href);
});

document.addEventListener("click", (event) => {
  const candidate = event.target.closest?.(".candidate");
  if (candidate) {
    take(candidate.dataset.value);
    viewer.mark([placeOf(candidate)], "taken");
    viewer.show(placeOf(candidate));
  }
  if (event.target.closest?.("#next")) goOn(item().dataset.held);
  if (event.target.closest?.("#undo")) undo();
});

document.addEventListener("keydown", (event) => {
  const typing = event.target.matches("input:not([type=checkbox]), textarea, select");
  if (event.key === "Escape" && typing) document.getElementById("title")?.focus();
  if (event.key === "Enter" && ["value", "reason"].includes(event.target.id)) {
    event.preventDefault();
    const action = event.target.id === "reason" ? "override" : changed() ? "correct" : "approve";
    event.target.form.requestSubmit(event.target.form.querySelector(`[value=${action}]`));
    return;
  }
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  const key = event.key.toLowerCase();
  if (key === "z") undo();
  const form = document.getElementById("decide");
  if (!form) return;
  if (BUTTONS[key]) form.requestSubmit(form.querySelector(`[value=${BUTTONS[key]}]`));
  else if (key === "n") document.getElementById("next").click();
  else if (key === "e") field().focus();
  else if (/^[1-9]$/.test(key)) item().querySelectorAll(".candidate")[Number(key) - 1]?.click();
  else return;
  event.preventDefault();
});

document.addEventListener("htmx:afterSwap", (event) => {
  if (item()?.contains(event.detail.elt) || event.detail.target?.id === "item") begin();
});
addEventListener("pagehide", flush);
begin();
