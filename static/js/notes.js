// Notes on a record, without the mouse: Escape leaves the field, so that the keys of screening work again, and Ctrl or
// Cmd with Enter keeps the note too. One begun and not kept yet goes with the decision, instead of being lost with the card.
const field = () => document.getElementById("note-text");

document.addEventListener("keydown", (event) => {
  const keep = event.key === "Enter" && (event.ctrlKey || event.metaKey);
  if (event.target !== field() || !(keep || event.key === "Escape")) return;
  event.preventDefault();
  if (keep) field().form.requestSubmit();
  field().blur();
  document.getElementById("card")?.focus();
});
document.querySelector("form[data-decision]").addEventListener("formdata", (event) => {
  const note = field()?.value.trim();
  if (note) event.formData.set("note", note);
});
