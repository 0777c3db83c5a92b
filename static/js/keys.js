// Keys for pages that show one thing to judge: an element with data-key="r" is clicked by that key; off while typing.
const writes = "textarea, select, input:not([type=checkbox], [type=radio], [type=button], [type=submit], [type=hidden])";

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.target.isContentEditable || event.target.matches(writes)) return;
  const target = document.querySelector(`[data-key="${CSS.escape(event.key.toLowerCase())}"]`);
  if (!target || target.disabled) return;
  event.preventDefault();
  target.click();
});
