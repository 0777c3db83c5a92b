// On a phone the stages are a strip that scrolls: begin with the current one in view.
const strip = document.querySelector(".stages");
const current = strip?.querySelector("[aria-current]");
if (current) strip.scrollLeft = current.offsetLeft - (strip.clientWidth - current.offsetWidth) / 2;
