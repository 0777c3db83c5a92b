// A report beside the form: pages on a canvas, selectable text above it, quotes to and from the form.
// Every address comes from data- attributes (templates/_pdf.html), so that hashed file names work.
const frame = document.querySelector("[data-pdf]");
const sheet = frame.querySelector("[data-pdf-sheet]");
const state = { pdf: null, page: Number(frame.dataset.page) || 1, scale: 1, fit: true, quote: frame.dataset.quote ?? "", job: null };
let selected = null;

const bare = (text) => text.replace(/[\s\u00ad\u2010-]+/g, "").toLowerCase();

function say(text) {
  frame.querySelector("[data-pdf-say]").textContent = text;
}

async function fitScale(page) {
  return Math.max(0.25, (frame.clientWidth - 34) / page.getViewport({ scale: 1 }).width);
}

async function draw() {
  const { pdfjs, pdf } = state;
  state.job?.cancel();
  const page = await pdf.getPage(state.page);
  if (state.fit) state.scale = await fitScale(page);
  const viewport = page.getViewport({ scale: state.scale });
  const ratio = window.devicePixelRatio || 1;
  const canvas = document.createElement("canvas");
  canvas.width = Math.floor(viewport.width * ratio);
  canvas.height = Math.floor(viewport.height * ratio);
  const words = document.createElement("div");
  words.className = "textLayer";
  sheet.style.setProperty("--total-scale-factor", String(state.scale));
  sheet.style.setProperty("--scale-factor", String(state.scale));
  sheet.style.setProperty("width", `${Math.floor(viewport.width)}px`);
  sheet.style.setProperty("height", `${Math.floor(viewport.height)}px`);
  const job = page.render({ canvas, viewport, transform: ratio === 1 ? null : [ratio, 0, 0, ratio, 0, 0] });
  state.job = job;
  try {
    await job.promise;
  } catch (error) {
    if (error.name === "RenderingCancelledException") return;
    throw error;
  }
  sheet.replaceChildren(canvas, words);
  await new pdfjs.TextLayer({ textContentSource: page.streamTextContent(), container: words, viewport }).render();
  if (state.job !== job) return;
  frame.dataset.shown = String(state.page);
  frame.querySelector("[data-pdf-page]").textContent = `page ${state.page} of ${pdf.numPages}`;
  frame.setAttribute("aria-label", `Report, page ${state.page} of ${pdf.numPages}`);
  if (state.quote) mark(words, state.quote);
}

// Mark the spans that carry the quote. White space and hyphens at line ends do not count.
function mark(words, quote) {
  const spans = [...words.querySelectorAll("span")].filter((span) => !span.querySelector("span"));
  const starts = [];
  let text = "";
  for (const span of spans) {
    starts.push(text.length);
    text += bare(span.textContent);
  }
  const wanted = bare(quote);
  const from = wanted ? text.indexOf(wanted) : -1;
  if (from < 0) {
    say("The quote was not found in the text of this page; it may be part of an image.");
    return;
  }
  const hits = spans.filter((span, i) => starts[i] < from + wanted.length && starts[i] + bare(span.textContent).length > from);
  for (const span of hits) span.classList.add("quote");
  hits[0]?.scrollIntoView({ block: "center" });
  say("");
}

function go(page, quote = "") {
  state.page = Math.min(Math.max(1, page), state.pdf.numPages);
  state.quote = quote;
  return draw();
}

function zoom(factor) {
  state.fit = false;
  state.scale = Math.min(5, Math.max(0.25, state.scale * factor));
  return draw();
}

const actions = {
  previous: () => go(state.page - 1),
  next: () => go(state.page + 1),
  in: () => zoom(1.2),
  out: () => zoom(1 / 1.2),
  fit: () => { state.fit = true; return draw(); },
};

// ---- quotes: selection to form, form to page ----
function capture() {
  const selection = document.getSelection();
  if (!selection.rangeCount || selection.isCollapsed || !sheet.contains(selection.anchorNode)) return;
  const text = selection.toString().replace(/\s+/g, " ").trim();
  if (!text) return;
  const box = sheet.getBoundingClientRect();
  const part = (value, whole) => Math.round((value / whole) * 10000) / 10000;
  const rects = [...selection.getRangeAt(0).getClientRects()].filter((r) => r.width > 1).slice(0, 60).map((r) => [
    part(r.left - box.left, box.width), part(r.top - box.top, box.height), part(r.width, box.width), part(r.height, box.height)]);
  selected = { text, page: state.page, rects };
}

function fill(field, name, value) {
  const input = field.querySelector(`[data-pin-${name}]`);
  if (input) input.value = value;
  return input;
}

function pin(button) {
  const field = button.closest("[data-pin-field]");
  if (!field) return;
  if (!selected) {
    say("Select the words in the report first, then press Pin.");
    return;
  }
  fill(field, "page", selected.page);
  fill(field, "position", JSON.stringify(selected.rects));
  const input = fill(field, "quote", selected.text);
  button.replaceChildren(Object.assign(document.createElement("i"), { className: "bi bi-pin-angle-fill" }), `p. ${selected.page}`);
  button.classList.remove("pin-none");
  Object.assign(button.dataset, { openPage: selected.page, openQuote: selected.text });
  say(`Pinned page ${selected.page}: ${selected.text.slice(0, 120)}`);
  selected = null;
  input?.dispatchEvent(new Event("change", { bubbles: true }));
}

function onClick(event) {
  const tool = event.target.closest("[data-pdf-do]");
  if (tool) { actions[tool.dataset.pdfDo]?.(); return; }
  const button = event.target.closest("[data-pin]");
  if (button && (selected || !button.dataset.openPage)) { event.preventDefault(); pin(button); return; }
  const door = event.target.closest("[data-open-page]");
  if (door && state.pdf) {
    event.preventDefault();
    go(Number(door.dataset.openPage), door.dataset.openQuote ?? "");
  }
}

async function start() {
  const pdfjs = await import(frame.dataset.pdfjs);
  pdfjs.GlobalWorkerOptions.workerSrc = frame.dataset.worker;
  state.pdfjs = pdfjs;
  state.pdf = await pdfjs.getDocument({
    url: frame.dataset.src, useWasm: false, isEvalSupported: false, cMapUrl: frame.dataset.cmaps, cMapPacked: true, standardFontDataUrl: frame.dataset.fonts,
  }).promise;
  await go(state.page, state.quote);
  let width = frame.clientWidth;
  new ResizeObserver(() => {
    if (!state.fit || Math.abs(frame.clientWidth - width) < 8) return;
    width = frame.clientWidth;
    draw();
  }).observe(frame);
}

document.addEventListener("click", onClick);
document.addEventListener("selectionchange", capture);
frame.addEventListener("keydown", (event) => {
  if (event.target !== frame) return;
  if (event.key === "ArrowRight") actions.next();
  if (event.key === "ArrowLeft") actions.previous();
});
start().catch((error) => {
  say(`The report cannot be shown here (${error.message}). Open it in its own window with the link above.`);
});
