// What every page does: the theme switch, times in the reader's zone, questions before what cannot be undone.
const THEMES = ["", "light", "dark"];
const NAMES = { "": "Auto", light: "Light", dark: "Dark" };

const themeSwitch = document.getElementById("theme");
const theme = () => document.documentElement.dataset.theme ?? "";

function setTheme(name) {
  if (name) {
    document.documentElement.dataset.theme = name;
    localStorage.setItem("theme", name);
  } else {
    delete document.documentElement.dataset.theme;
    localStorage.removeItem("theme");
  }
  themeSwitch.textContent = NAMES[name];
  themeSwitch.setAttribute("aria-label", `Theme: ${NAMES[name]}`);
}

themeSwitch.hidden = false;
setTheme(theme());
themeSwitch.addEventListener("click", () => setTheme(THEMES[(THEMES.indexOf(theme()) + 1) % THEMES.length]));

const format = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

export function localise(root) {
  for (const time of root.querySelectorAll("time[datetime]")) {
    time.textContent = format.format(new Date(time.dateTime));
  }
}

localise(document);
document.addEventListener("htmx:afterSettle", (event) => localise(event.target));

document.addEventListener("submit", (event) => {
  const question = event.submitter?.dataset.confirm;
  if (question && !confirm(question)) event.preventDefault();
});

const link = document.getElementById("link");
if (link) link.textContent = location.origin + link.dataset.path;
