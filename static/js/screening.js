// Screening by keyboard, and decisions that survive a lost connection.
// Markup (docs/interface.md): main[data-screening][data-offline][data-user], form[data-decision] posting through htmx,
// buttons with data-key, those whose post must never be lost with data-keep, reserve cards as <template data-next>.
const screen = document.querySelector("[data-screening]");
const form = screen.querySelector("form[data-decision]");
const store = `quadrant-kept-${screen.dataset.user}`;
const unreachable = new Set([0, 408, 425, 502, 503, 504]);
const refusing = new Set([400, 404, 409, 410, 422]);
let pending = null;
let shownAt = performance.now();

const card = () => document.getElementById("card");
const kept = () => JSON.parse(localStorage.getItem(store) ?? "[]");

function announce(text) {
  const region = screen.querySelector("[data-announce]");
  region.textContent = "";
  requestAnimationFrame(() => { region.textContent = text; });
}

function tell(text) {
  const note = Object.assign(document.createElement("div"), { className: "note note-warn", textContent: text });
  document.getElementById("messages").replaceChildren(note);
}

function announceCard() {
  shownAt = performance.now();
  const title = card()?.querySelector("[data-title], .title")?.textContent.trim();
  if (title) announce(`Next record: ${title}`);
  else announce(card()?.querySelector("h2")?.textContent.trim() ?? "");
}

function remember(list) {
  localStorage.setItem(store, JSON.stringify(list));
  showKept();
}

function showKept() {
  const n = kept().length;
  for (const place of screen.querySelectorAll("[data-kept]")) {
    place.hidden = n === 0;
    place.querySelector("[data-kept-count]").textContent = n === 1 ? "1 decision kept here" : `${n} decisions kept here`;
  }
}

// ---- keys ----
function typing(target) {
  return target.isContentEditable || target.matches("textarea, select, input:not([type=checkbox], [type=radio], [type=button], [type=submit])");
}

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || screen.dataset.keys === "off" || typing(event.target)) return;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const target = [...screen.querySelectorAll("[data-key]")].find((element) => element.dataset.key.split(" ").includes(key));
  if (!target || target.disabled) return;
  event.preventDefault();
  if (target.type === "submit" && form.classList.contains("htmx-request")) return;
  target.click();
  const field = target.dataset.focus && document.getElementById(target.dataset.focus);
  if (field) field.focus();
}

function setHighlights(on) {
  screen.classList.toggle("no-hl", !on);
  localStorage.setItem("quadrant-highlights", on ? "on" : "off");
  for (const button of screen.querySelectorAll("[data-highlights]")) button.setAttribute("aria-pressed", String(on));
}

// ---- decisions that could not be sent ----
function showReserve() {
  const template = card().querySelector("template[data-next]") ?? document.querySelector("template[data-next]");
  const fresh = template?.content.querySelector("#card");
  if (!fresh) {
    const note = document.createElement("p");
    note.className = "record muted";
    note.textContent = "The connection is lost and no further record was fetched beforehand. Your decisions are kept in this browser and are sent when the connection is back.";
    card().replaceChildren(note);
    announce(note.textContent);
    return;
  }
  const rest = [...card().querySelectorAll("template[data-next]")].filter((other) => other !== template);
  template.remove();
  card().replaceWith(document.adoptNode(fresh));
  card().append(...rest);
  window.htmx.process(card());
  announceCard();
}

function keep(request) {
  remember([...kept(), request]);
  showReserve();
}

function signedOut(request) {
  if (request.keep) remember([...kept(), request.entry]);
  tell("You were signed out. Decisions made since are kept in this browser and are sent when you have signed in again.");
}

function onFailure(event) {
  if (event.detail.elt !== form || !pending) return;
  const status = event.detail.xhr?.status ?? 0;
  if (!unreachable.has(status) && status !== 401) return;
  const request = pending;
  pending = null;
  if (status === 401) signedOut(request);
  else if (request.keep) keep(request.entry);
  else if (request.undo && kept().length) {
    remember(kept().slice(0, -1));
    announce("Undone. That decision had not been sent; its record comes back when the connection does.");
  } else announce("The connection is lost. This step needs it; nothing was changed.");
}

function onConfigure(event) {
  if (event.detail.elt !== form) return;
  const submitter = event.detail.triggeringEvent?.submitter;
  if (submitter?.name) event.detail.parameters[submitter.name] = submitter.value;
  event.detail.parameters.seconds = String(Math.round((performance.now() - shownAt) / 1000));
  const body = new URLSearchParams(event.detail.formData);
  body.delete("csrfmiddlewaretoken"); // the token of the page that re-sends counts, and goes in a header
  if (submitter?.matches("[data-keep]") && !body.get("idempotency_key")) {
    event.preventDefault(); // no record is shown, so there is nothing to decide
    return;
  }
  pending = {
    keep: Boolean(submitter?.matches("[data-keep]")),
    undo: Boolean(submitter?.matches("[data-undo]")),
    entry: { url: event.detail.path, body: body.toString(), key: body.get("idempotency_key"), at: new Date().toISOString() },
  };
}

async function send(entry) {
  const token = JSON.parse(document.body.getAttribute("hx-headers") ?? "{}");
  const headers = { ...token, "Content-Type": "application/x-www-form-urlencoded", "Idempotency-Key": entry.key ?? "", "HX-Request": "true" };
  const answer = await fetch(entry.url, { method: "POST", headers, body: entry.body, redirect: "manual" });
  if (answer.headers.get("HX-Redirect")) return "later"; // to the sign-in page
  if (answer.ok) return "sent";
  return refusing.has(answer.status) ? "refused" : "later";
}

async function sendKept() {
  let refused = 0;
  let sent = 0;
  while (kept().length) {
    const [first] = kept();
    let outcome = "later";
    try { outcome = await send(first); } catch { /* still offline: it stays kept */ }
    if (outcome === "later") break;
    remember(kept().filter((entry) => entry.at !== first.at || entry.key !== first.key));
    if (outcome === "sent") sent += 1; else refused += 1;
  }
  if (refused) tell(`${refused} of the kept decisions came too late: those records were settled or given to someone else meanwhile.`);
  else if (sent) announce(`${sent} kept ${sent === 1 ? "decision was" : "decisions were"} sent.`);
  if ((sent || refused) && !kept().length && card()?.dataset.nextUrl) window.htmx.ajax("GET", card().dataset.nextUrl, { target: "#card", swap: "outerHTML" });
}

// One tab at a time; the server takes each idempotency key once in any case.
function flush() {
  if (!kept().length || !navigator.onLine) return;
  if (navigator.locks) navigator.locks.request(store, { ifAvailable: true }, (lock) => (lock ? sendKept() : undefined));
  else sendKept();
}

// ---- wiring ----
document.addEventListener("keydown", onKey);
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-highlights]")) {
    event.preventDefault();
    setHighlights(screen.classList.contains("no-hl"));
  }
});
document.addEventListener("htmx:configRequest", onConfigure);
for (const name of ["htmx:sendError", "htmx:timeout", "htmx:responseError"]) document.addEventListener(name, onFailure);
document.addEventListener("htmx:beforeOnLoad", (event) => {
  // Sent to the sign-in page: the decision was not taken, so keep it before the page goes away.
  if (event.detail.elt === form && pending && event.detail.xhr.getResponseHeader("HX-Redirect")) signedOut(pending);
});
document.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.elt !== form || !event.detail.successful) return;
  pending = null;
  flush();
});
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target?.id !== "card" && event.target.id !== "card") return;
  if (window.innerWidth < 992) window.scrollTo({ top: 0 });
  announceCard();
});
window.addEventListener("online", flush);
window.addEventListener("storage", (event) => { if (event.key === store) showKept(); });
setInterval(flush, 15000);
setHighlights(localStorage.getItem("quadrant-highlights") !== "off");
showKept();
flush();
