"""The values of a tagged record by their tags, and what every tagged format asks of them."""

import re

from reviews.searches.parsers import identifiers, names, texts
from reviews.searches.parsers.record import Problems

Values = dict[str, list[str]]
_MORE_LINES = re.compile(r"[ \t]*\n[ \t]*")
# Wrapped text fills its lines; a paragraph is longer, a heading shorter.
_WRAPPED = 100


def first(values: Values, *tags: str) -> str:
    """Return the first value of the first of these tags that has one, on one line."""
    for tag in tags:
        for value in values.get(tag, ()):
            if value:
                return " ".join(value.split())
    return ""


def every(values: Values, *tags: str) -> list[str]:
    """Return the values of these tags, in the order of the tags."""
    return [value for tag in tags for value in values.get(tag, ()) if value]


def lines(values: Values, *tags: str) -> list[str]:
    """Return each line of these tags' values, for lists with one item a line."""
    written = "\n".join(every(values, *tags))
    return [line for part in written.split("\n") if (line := part.strip())]


def stripped(values: Values) -> Values:
    """Return the values without the spaces around them, and without the empty ones."""
    return {
        tag: kept
        for tag, some in values.items()
        if (kept := [v for value in some if (v := value.strip())])
    }


def unwrapped(values: Values, *tags: str) -> str:
    """Return a long text: its wrapped lines joined, its paragraphs kept."""
    found = []
    for value in every(values, *tags):
        if max(map(len, value.split("\n"))) <= _WRAPPED:
            value = _MORE_LINES.sub(" ", value)
        found.append(texts.paragraphs(value))
    return "\n".join(dict.fromkeys(text for text in found if text))


def year(written: list[str], line: int, problems: Problems) -> int | None:
    """Return the first year in these dates; say so where there is a date but no year."""
    for text in written:
        if (found := identifiers.normalise_year(text)) is not None:
            return found
    if written and not texts.is_absent(written[0]):
        problems.add(line, "The year could not be read.", written[0])
    return None


def doi(written: list[str], line: int, problems: Problems) -> str:
    """Return the DOI of the fields made for it; say so where they hold something else."""
    for text in written:
        if found := identifiers.normalise_doi(text):
            return found
    if written and not texts.is_absent(written[0]):
        problems.add(line, "The DOI could not be read.", written[0])
    return ""


def title(text: str, line: int, problems: Problems) -> str:
    """Return a title on one line, and say so where there is none."""
    text = texts.one_line(text)
    if not text:
        problems.add(line, "The record has no title.")
    return text


def keywords(written: list[str]) -> list[str]:
    """Return the keywords of fields that may hold several each, without repetitions."""
    words = (texts.one_line(word) for text in written for word in names.split_keywords(text))
    return list(dict.fromkeys(word for word in words if word))
