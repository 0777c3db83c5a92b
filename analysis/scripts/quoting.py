"""Text and numbers as R and Stata read them, whatever a study is called."""

import textwrap
from collections.abc import Sequence

_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 .,:;()_-+=&")
_LONGEST_LABEL = 200
_LINE = 88


def r_string(text: str) -> str:
    r"""Return an R string literal in plain ASCII, whatever the text.

    >>> print(r_string('a "b"'), r_string("c\\d\n\u00e9"))
    "a \"b\"" "c\\d\n\u{e9}"
    """
    return '"' + "".join(_R_ESCAPES.get(each) or _in_r(each) for each in text) + '"'


_R_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def _in_r(character: str) -> str:
    if " " <= character <= "~":
        return character
    code = _code(character)
    # The small letter takes four digits at most.
    return f"\\{'u' if code < 0x10000 else 'U'}{{{code:x}}}"


def _code(character: str) -> int:
    """Return the code point; of what no program can hold, that of the replacement character."""
    code = ord(character)
    return 0xFFFD if code == 0 or 0xD800 <= code <= 0xDFFF else code


def stata_string(text: str) -> str:
    """Return a Stata expression of the text: nothing in it is a macro, a quote or a comment.

    Stata has no escapes within strings; all but plain characters become ``uchar()``.

    >>> print(stata_string('Jang 2021'), stata_string('$x`y'))
    "Jang 2021" uchar(36) + "x" + uchar(96) + "y"
    """
    parts: list[str] = []
    plain = ""
    for character in text[:_LONGEST_LABEL]:
        if character in _PLAIN:
            plain += character
            continue
        parts += [f'"{plain}"'] if plain else []
        parts.append(f"uchar({_code(character)})")
        plain = ""
    parts += [f'"{plain}"'] if plain else []
    return " + ".join(parts) or '""'


def number(value: float | None) -> str:
    """Return a number with all its digits, for R; NA where there is none.

    >>> number(None), number(0.1), number(3)
    ('NA', '0.1', '3')
    """
    return "NA" if value is None else repr(value)


def r_vector(values: Sequence[str], indent: str = "    ") -> str:
    """Return ``c(...)`` over as many lines as it needs; the values are R already.

    >>> r_vector(["1", "2"])
    'c(1, 2)'
    """
    lines, line = [], ""
    for value in values:
        if line and len(line) + len(value) > _LINE:
            lines.append(line.rstrip())
            line = ""
        line += f"{value}, "
    lines.append(line.removesuffix(", "))
    return f"c({lines[0]})" if len(lines) == 1 else f"\n{indent}".join(["c(", *lines]) + "\n  )"


def comment(text: str, mark: str) -> str:
    """Return the text as comment lines, each beginning with the mark."""
    words = " ".join(text.split())
    lines = textwrap.wrap(words, 96 - len(mark), break_long_words=True) or [""]
    return "\n".join(f"{mark} {line}".rstrip() for line in lines)
