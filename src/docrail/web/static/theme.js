// Light, dark, or as the system says: chosen before the first paint, so that nothing flashes.
(() => {
  const chosen = localStorage.getItem("theme");
  if (chosen) document.documentElement.dataset.theme = chosen;
})();
