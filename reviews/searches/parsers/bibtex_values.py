"""The values of BibTeX fields: quoted, in braces, macros, joined; and of damaged entries."""

import re
from calendar import month_abbr, month_name
from collections.abc import Mapping
from itertools import islice

# Macros every style defines, which the files therefore do not.
MONTHS = {name.lower(): full for name, full in zip(month_abbr[1:], month_name[1:], strict=True)}
_FIELD = re.compile(r"(?:^|[,{(\n])\s{0,80}([A-Za-z][\w-]{0,60})\s{0,20}=(?!=)\s{0,80}")
_MOST_FIELDS = 20_000


def evaluate(value: str, macros: Mapping[str, str]) -> str:
    """Return the text of a value as it stands in the file.

    >>> evaluate('"1~" # mar', {"mar": "March"})
    '1~March'
    >>> evaluate("{A {B}}", {})
    'A {B}'
    """
    return "".join(_single(part.strip(), macros) for part in _joined(value.strip()))


def _single(value: str, macros: Mapping[str, str]) -> str:
    for opener, closer in ("{}", '""'):
        if len(value) > 1 and value[0] == opener and value[-1] == closer:
            return value[1:-1]
    return macros.get(value.lower(), value)


def _joined(value: str) -> list[str]:
    """Cut a value at each ``#`` that is outside of quotation marks and braces."""
    if "#" not in value:
        return [value]
    parts, start, depth, quoted = [], 0, 0, False
    for i, character in enumerate(value):
        if character in "{}":
            depth += 1 if character == "{" else -1
        elif character == '"' and depth == 0:
            quoted = not quoted
        elif character == "#" and depth == 0 and not quoted:
            parts.append(value[start:i])
            start = i + 1
    return [*parts, value[start:]]


def salvage_fields(text: str) -> dict[str, list[str]]:
    """Return the fields of an entry whose braces or commas do not add up, as written.

    >>> salvage_fields("@article{a, title={One {two}, year=2001\\n}")
    {'title': ['{One {two}'], 'year': ['2001']}
    """
    marks = list(islice(_FIELD.finditer(text), _MOST_FIELDS))
    fields: dict[str, list[str]] = {}
    covered = 0
    for place, found in enumerate(marks):
        if found.start() < covered:
            continue
        until = marks[place + 1].start() if place + 1 < len(marks) else len(text)
        value, covered = _value(text, found.end(), until)
        fields.setdefault(found[1].lower(), []).append(value)
    return fields


def _value(text: str, start: int, until: int) -> tuple[str, int]:
    """Return a value and where it ends: at its own end, or failing that at the next field."""
    opener = text[start : start + 1]
    if opener == "{":
        depth = 0
        for place in range(start, min(len(text), start + 1_000_000)):
            depth += {"{": 1, "}": -1}.get(text[place], 0)
            if depth == 0:
                # Where the brace that closes the value is the entry's own, one was forgotten.
                if place > until and not text[place + 1 :].strip():
                    break
                return text[start : place + 1], place + 1
        return _closed(text[start:until]), until
    if opener == '"':
        end = text.find('"', start + 1)
        if start < end < until or (end > 0 and re.match(r"\s*[,}]", text[end + 1 : end + 80])):
            return text[start : end + 1], end + 1
        return '"' + text[start + 1 : until].strip(' ,\n"') + '"', until
    return text[start:until].strip(" ,\n\t})"), until


def _closed(value: str) -> str:
    return value.rstrip(" ,\n\t").removesuffix("}") + "}"
