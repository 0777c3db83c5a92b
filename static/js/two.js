// The margins of a 2x2 table follow its cells. Sensitivity and specificity come from the server.
function margins(table) {
  const count = {};
  for (const input of table.querySelectorAll("[data-count]")) {
    const text = input.value.trim();
    count[input.dataset.count] = /^\d+$/.test(text) ? Number(text) : NaN;
  }
  for (const cell of table.querySelectorAll("[data-sum]")) {
    const sum = cell.dataset.sum.split(" ").reduce((total, key) => total + count[key], 0);
    cell.textContent = Number.isNaN(sum) ? "" : String(sum);
  }
}

document.addEventListener("input", (event) => {
  const table = event.target.closest("[data-two]");
  if (table) margins(table);
});
document.querySelectorAll("[data-two]").forEach(margins);
document.addEventListener("htmx:afterSettle", () => document.querySelectorAll("[data-two]").forEach(margins));
