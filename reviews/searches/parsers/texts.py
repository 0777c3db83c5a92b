"""Titles and abstracts: entities, markup, wrapped lines, labelled sections."""

import html
import re
from collections.abc import Iterator

_MARKUP = re.compile(
    r"</?(?:jats:|mml:)?(?:i|b|em|strong|sub|sup|u|p|br|sc|sec|span|div|inf|title|italic|bold)"
    r"(?:\s[^<>]{0,200})?/?>",
    re.IGNORECASE,
)
_ABSENT = frozenset(
    {"na", "n/a", "none", "null", "-", "[no abstract available]", "no abstract available"}
)
# fmt: off
_LABELS = frozenset(
    {
        "aim", "aims", "aims and objectives", "analysis", "background", "background and aims",
        "background and objectives", "background and purpose", "case presentation", "conclusion",
        "conclusions", "context", "data extraction", "data sources", "data synthesis", "design",
        "design and setting", "diagnosis", "discussion", "evidence acquisition",
        "evidence synthesis", "findings", "funding", "importance", "index test",
        "interpretation", "intervention", "interventions", "introduction", "key points",
        "limitations", "main outcome measures", "main outcomes", "main results",
        "material and methods", "materials and methods", "measurements", "method", "methodology",
        "methods", "methods and findings", "methods and results", "objective", "objectives",
        "outcome measures", "outcomes", "participants", "patients", "patients and methods",
        "purpose", "rationale", "reference standard", "registration", "result", "results",
        "review methods", "search methods", "search strategy", "selection criteria", "setting",
        "significance", "study design", "study selection", "subjects", "subjects and methods",
        "summary", "trial registration",
    }
)
# fmt: on
_SENTENCE_END = re.compile(r"\n|[.?!)\]]\s+")
_CAPITALS = re.compile(r"[A-Z][A-Z0-9 ,/&()'-]{3,59}")


def one_line(text: str) -> str:
    """Return the text of a title or a name: no markup, entities resolved, one line."""
    return " ".join(plain(text).split())


def paragraphs(text: str) -> str:
    """Return the text of an abstract: no markup, entities resolved, its line ends kept."""
    text = plain(text).strip()
    if is_absent(text):
        return ""
    if "\n" in text:
        return "\n".join(line for part in text.split("\n") if (line := " ".join(part.split())))
    return " ".join(text.split()) if "  " in text or "\t" in text else text


def plain(text: str) -> str:
    """Resolve entities, also those escaped twice, and remove inline markup but not `p<0.05`."""
    if "&" in text and ";" in text:
        text = html.unescape(html.unescape(text)).replace("\0", "")
    return _MARKUP.sub("", text) if "<" in text else text


def is_absent(text: str) -> bool:
    """Say whether a cell holds a word for "nothing" rather than a value."""
    return len(text) < 40 and text.strip().rstrip(".").lower() in _ABSENT


def split_sections(abstract: str) -> list[tuple[str, str]]:
    """Return label and text of each section of a structured abstract; none if it has no labels.

    >>> split_sections("BACKGROUND: Why. METHODS: How. RESULTS: What.")
    [('BACKGROUND', 'Why.'), ('METHODS', 'How.'), ('RESULTS', 'What.')]
    """
    marks = list(_labels(abstract))
    if len(marks) < 2:
        return []
    sections = []
    if before := abstract[: marks[0][0]].strip():
        sections.append(("", before))
    ends = [start for start, _, _ in marks[1:]] + [len(abstract)]
    for (_, label, start), end in zip(marks, ends, strict=True):
        sections.append((label, abstract[start:end].strip()))
    return sections


def _labels(abstract: str) -> Iterator[tuple[int, str, int]]:
    colon = abstract.find(":")
    while colon != -1:
        left = abstract[max(0, colon - 60) : colon]
        tail = _SENTENCE_END.split(left)[-1].lstrip()
        whole = colon < 60 or len(tail) < 58
        if tail and whole and _is_label(tail.rstrip()):
            yield colon - len(tail), tail.rstrip(), colon + 1
        colon = abstract.find(":", colon + 1)


def _is_label(label: str) -> bool:
    return _CAPITALS.fullmatch(label) is not None or label.lower() in _LABELS
