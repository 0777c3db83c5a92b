// Warn before leaving a form marked data-unsaved in which something was typed and not sent.
const changed = new Set();

document.addEventListener("input", (event) => {
  const form = event.target.form;
  if (form?.matches("[data-unsaved]")) changed.add(form);
});
document.addEventListener("submit", (event) => changed.delete(event.target));
document.addEventListener("htmx:afterRequest", (event) => {
  const form = event.detail.elt.closest("form");
  if (!form) return;
  if (event.detail.successful) changed.delete(form);
  else if (form.matches("[data-unsaved]")) changed.add(form);
});
window.addEventListener("beforeunload", (event) => {
  const open = [...changed].filter((form) => form.isConnected);
  if (open.length) event.preventDefault();
});
