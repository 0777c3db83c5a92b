"""LaTeX as bibliographies use it, to plain text: accents, symbols, simple mathematics."""

import re
import unicodedata
from functools import cache

from pylatexenc.latex2text import get_default_latex_context_db

_COMBINING = {
    "`": "\u0300",
    "'": "\u0301",
    "^": "\u0302",
    "~": "\u0303",
    '"': "\u0308",
    "=": "\u0304",
    ".": "\u0307",
    "u": "\u0306",
    "v": "\u030c",
    "H": "\u030b",
    "r": "\u030a",
    "c": "\u0327",
    "k": "\u0328",
    "d": "\u0323",
    "b": "\u0331",
    "t": "\u0361",
}
_SYMBOLS = {
    "i": "i",  # dotless, to carry an accent
    "j": "j",
    "textsuperscript": "",
    "textsubscript": "",
    "degree": "°",
    "textdegree": "°",
    "newblock": "",
    "par": "\n",
    "newline": " ",
    "linebreak": " ",
    "textasciitilde": "~",
    "textasciicircum": "^",
    "textquotedbl": '"',
    "url": "",
    "href": "",
    "ensuremath": "",
}
_TOKEN = re.compile(
    r"\\(?P<accent>[`'^\"~=.]|[uvHrckdbt](?![A-Za-z]))\s{0,9}"
    r"(?:\{\s{0,9}(?P<in>\\?[^\W\d_])\s{0,9}\}|(?P<on>\\[ij](?![A-Za-z])|[^\W\d_]))"
    r"|\\(?P<macro>[A-Za-z]{1,40})\*?(?:[ \t]{1,9}|(?:\r?\n)|\{\})?"
    r"|\\(?P<escaped>.)"
    r"|(?P<math>\$\$?)"
    r"|(?P<shift>[\^_])\{?(?P<shifted>[0-9+()=-]{1,9})\}?"
    r"|(?P<lone>[\^_])"
    r"|(?P<quotes>``|'')"
    r"|(?P<dashes>-{2,3})"
    r"|(?P<other>[{}~])",
    re.DOTALL,
)
_RAISED = str.maketrans("0123456789+-=()", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾")
_LOWERED = str.maketrans("0123456789+-=()", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎")


def plain_latex(text: str) -> str:
    r"""Return the text that LaTeX would print.

    >>> plain_latex(r"{E}rd{\H o}s, Ji{\v{r}}{\'{\i}} and M\"uller")
    'Erdős, Jiří and Müller'
    >>> plain_latex(r"$\Sigma^{0}$ \& 5\,\% \emph{of} \textit{B. subtilis}")
    'Σ⁰ & 5 % of B. subtilis'
    """
    if not _NEEDS.search(text):
        return text
    in_math = False

    def replaced(found: re.Match[str]) -> str:
        nonlocal in_math
        if found["math"]:
            in_math = not in_math
            return ""
        return _plain(found, in_math=in_math)

    return unicodedata.normalize("NFC", _TOKEN.sub(replaced, text))


_NEEDS = re.compile(r"[\\{}~$^_]|``|''|--")


def _plain(found: re.Match[str], *, in_math: bool) -> str:
    kind = found.lastgroup
    if kind in ("in", "on"):
        letter = found[kind].removeprefix("\\")
        return letter + _COMBINING[found["accent"]]
    if kind == "shifted":
        if not in_math:
            return found[0]
        return found["shifted"].translate(_RAISED if found["shift"] == "^" else _LOWERED)
    if kind == "lone":
        return "" if in_math else found[0]
    if kind == "macro":
        return _symbol(found["macro"])
    if kind == "escaped":
        # "\," and "\ " are spaces, "\\" a new line, and "\-" may be hyphenated.
        return {",": " ", ";": " ", ":": " ", "\\": " ", "\n": " ", "-": "", "/": ""}.get(
            found["escaped"], found["escaped"]
        )
    return {"``": "\u201c", "''": "\u201d", "--": "\u2013", "---": "\u2014", "~": " "}.get(
        found[0], ""
    )


@cache
def _macros() -> dict[str, str]:
    database = get_default_latex_context_db()
    found = {}
    for category in database.categories():
        for spec in database.iter_macro_specs([category]):
            written = getattr(spec, "simplify_repl", None)
            if isinstance(written, str) and "%" not in written:
                found.setdefault(spec.macroname, written)
    return found | _SYMBOLS


def _symbol(name: str) -> str:
    """Return the character of a macro; one that only formats, or is unknown, gives nothing."""
    return _macros().get(name, "")
