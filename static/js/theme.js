// Light or dark before the first paint; afterwards the switch works without a reload.
// An ordinary script, not a module: a module runs too late and the page would flash.
(() => {
  const root = document.documentElement;
  const chosen = root.dataset.bsTheme;
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const label = () => {
    for (const button of document.querySelectorAll("[data-theme-form] button")) {
      if (button.value === "auto") continue;
      const next = root.dataset.bsTheme === "dark" ? "light" : "dark";
      button.value = next;
      button.textContent = next === "dark" ? "Dark theme" : "Light theme";
    }
  };
  const follow = () => {
    root.dataset.bsTheme = dark.matches ? "dark" : "light";
    label();
  };

  if (chosen === "auto") {
    follow();
    dark.addEventListener("change", follow);
  }
  document.addEventListener("DOMContentLoaded", label);
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("[data-theme-form]") || event.submitter?.value === "auto") return;
    event.preventDefault();
    const data = new FormData(form, event.submitter);
    dark.removeEventListener("change", follow);
    root.dataset.bsTheme = data.get("theme");
    label();
    // If this post fails the theme holds for this page only; nothing else depends on it.
    fetch(form.action, { method: "POST", body: data, redirect: "manual" }).catch(() => {});
  });
})();
