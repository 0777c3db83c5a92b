// An htmx request that did not arrive, or was refused without a page to show, says so in #messages.
const swapped = [400, 409, 422]; // their answer says it (htmx-config in base.html)
const sentences = {
  401: "You were signed out. Nothing was saved; sign in again in another tab, then repeat this step.",
  403: "Your roles do not allow this. Nothing was changed.",
  404: "This is no longer there. Nothing was changed; reload the page.",
  413: "This is larger than the server accepts. Nothing was changed.",
  429: "Too many requests in a short time. Nothing was changed; wait a minute.",
};

function say(text) {
  const region = document.getElementById("messages");
  if (!region) return;
  const note = document.createElement("div");
  note.className = "note note-bad";
  note.dataset.problem = "";
  note.setAttribute("role", "alert");
  const icon = document.createElement("i");
  icon.className = "bi bi-exclamation-octagon";
  icon.setAttribute("aria-hidden", "true");
  const words = document.createElement("div");
  words.textContent = text;
  note.append(icon, words);
  region.replaceChildren(note);
}

document.addEventListener("htmx:sendError", (event) => {
  if (event.detail.elt.closest("[data-offline]")) return; // screening keeps its own queue
  if (event.detail.requestConfig?.verb === "get") return; // polls try again by themselves
  say("The server could not be reached. Nothing was saved; what you typed is still here. Try again when you are back online.");
});
document.addEventListener("htmx:responseError", (event) => {
  const { status } = event.detail.xhr;
  if (swapped.includes(status)) return;
  if (event.detail.elt.closest("[data-offline]") && [401, 502, 503, 504].includes(status)) return;
  const id = event.detail.xhr.getResponseHeader("X-Request-ID");
  const text = sentences[status] ?? "The server failed on this step. It was not saved; what you typed is still here. Try again.";
  say(id && status >= 500 ? `${text} (${id})` : text);
});
document.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.successful && event.detail.requestConfig.verb !== "get") document.querySelector("#messages [data-problem]")?.remove();
});

// A form that came back refused: the cursor goes into the first field at fault, unless it is somewhere already.
function toFault() {
  if (document.activeElement === document.body) document.querySelector("main [aria-invalid=true]")?.focus();
}
document.addEventListener("htmx:afterSettle", toFault);
toFault();
