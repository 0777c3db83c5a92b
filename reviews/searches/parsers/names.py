"""Lists of people and of keywords, as vendors run them together."""

import html
import re

_QUOTED = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"")
_ESCAPED = re.compile(r"\\(.)")
_SEPARATOR = re.compile(r"[;|\n]| and |^\[|\.,")
_BETWEEN_KEYWORDS = re.compile(r"[;\n|]")
# Chinese names are whole names: what stands between them is no comma within one.
_FULL_WIDTH = str.maketrans("\uff1b\uff0c\u3001", ";;;")
# "et al." is nobody's name.
_AND_OTHERS = re.compile(r"(?:^|[,;]?\s)\s{0,3}et\.? al\b[.,;\s]{0,5}$", re.IGNORECASE)
_COMMA = re.compile(r"\s*,\s*")
_INITIALS_LAST = re.compile(
    r"^[^\W\d_][\w'\u2019. -]*\s(?:[A-Z]\.?-?){1,4}(?:\s(?:Jr|Sr|II|III|2nd|3rd)\.?)?$"
)
_INITIALS_FIRST = re.compile(r"^(?:[A-Z]\.[ -]?){1,4}(?:[^\W\d_][\w'\u2019-]* ?){1,3}$")

_FAMILY_AND_INITIALS = re.compile(
    r"((?:[^\W\d_][\w'\u2019-]{1,40} ){0,3}[^\W\d_][\w'\u2019-]{1,40})"
    r" ((?:[A-Z]\.[ -]?){1,4}|[A-Z]{1,3}|[A-Z]-[A-Z])"
)


def split_authors(text: str) -> list[str]:
    """Return the authors of one field, whichever way it separates them.

    >>> split_authors("Smith, J.; Doe, A.")
    ['Smith, J.', 'Doe, A.']
    >>> split_authors("Liu R., Adler D.G.")
    ['Liu, R.', 'Adler, D.G.']
    >>> split_authors("van der Valk, Paul")
    ['van der Valk, Paul']
    """
    if "&" in text:
        text = html.unescape(text)
    if not text.isascii():
        text = text.translate(_FULL_WIDTH)
    if "al" in text:
        text = _AND_OTHERS.sub("", text)
    if text.count(",") <= 1 and not _SEPARATOR.search(text) and not _are_two(text):
        name = _tidy_name(text)  # nearly always
        return [name] if name else []
    return [name for name in map(_tidy_name, _separate(text)) if name]


def _are_two(text: str) -> bool:
    """Say whether "Smith J, Doe A" is two people: in each part the initials come last."""
    one, comma, other = text.partition(", ")
    return bool(comma) and " " in one and _INITIALS_LAST.match(one) is not None and " " in other


def _separate(text: str) -> list[str]:
    text = text.strip()
    listed = literal_list(text)
    if listed is not None:
        return listed
    for separator in (";", "|", "\n"):
        if separator in text:
            return text.split(separator)
    if " & " in text and all("," in part for part in text.split(" & ")):
        return [name for part in text.split(" & ") for name in split_authors(part)]
    if " and " in text:
        return _separate_by_and(text)
    return _separate_by_commas(text)


def _separate_by_and(text: str) -> list[str]:
    parts = text.split(" and ")
    # "Ministry of Health and Welfare" is one author; "Smith, J. and Doe, A." are two.
    if len(parts) > 2 or all("," in part or _INITIALS_FIRST.match(part) for part in parts):
        return parts
    return _separate_by_commas(text)


def _separate_by_commas(text: str) -> list[str]:
    if "," not in text:
        return [text]
    # PubMed ends the list with a full stop.
    text = text[:-1] if text.endswith(".") and text.count(".") == 1 else text
    parts = [part.strip() for part in text.rstrip(",").split(",")]
    for form in (_INITIALS_LAST, _INITIALS_FIRST):
        if len(parts) > 1 and all(form.match(part) for part in parts):
            return parts
    # "Smith, J., Doe, A.": family names and initials alternate.
    if len(parts) > 3 and len(parts) % 2 == 0 and all(_are_initials(p) for p in parts[1::2]):
        return [f"{parts[i]}, {parts[i + 1]}" for i in range(0, len(parts), 2)]
    return [text]


def split_by_full_stops(text: str) -> list[str]:
    """Return the people of "Smith JA. Doe B.", or the text alone where that is no such list."""
    parts = text.strip().rstrip(".").split(". ")
    return parts if all(map(_INITIALS_LAST.match, parts)) else [text]


def _are_initials(text: str) -> bool:
    return len(text) <= 10 and re.fullmatch(r"(?:[^\W\d_]\.[\s-]?){1,4}", text) is not None


def family_first(name: str) -> str:
    """Put the comma into a name whose initials come last; leave every other name alone.

    >>> family_first("van der Berg P."), family_first("Doe JB"), family_first("Ada Lovelace")
    ('van der Berg, P.', 'Doe, JB', 'Ada Lovelace')
    """
    found = _FAMILY_AND_INITIALS.fullmatch(name)
    return f"{found[1]}, {found[2]}" if found else name


def _tidy_name(name: str) -> str:
    name = " ".join(name.split()).strip(" ,;|'\"")
    family, comma, given = name.partition(",")
    if not comma:
        return family_first(name)
    if given[:1] == " " and family[-1:] != " " and "," not in given:
        return name
    return _COMMA.sub(", ", name)


def split_keywords(text: str) -> list[str]:
    """Return the keywords of one field, separated by semicolons, lines or bars."""
    listed = literal_list(text.strip())
    if listed is None:
        listed = _BETWEEN_KEYWORDS.split(text)
    return [word for part in listed if (word := " ".join(part.split()).strip(" ,"))]


def literal_list(text: str) -> list[str] | None:
    """Return the items of a cell written as a Python or JSON list of texts, else None."""
    if not (text.startswith("[") and text.endswith("]")):
        return None
    between = _QUOTED.sub("", text[1:-1])
    if between.strip(", \n"):
        return None
    return [_ESCAPED.sub(r"\1", found[0][1:-1]) for found in _QUOTED.finditer(text)]
