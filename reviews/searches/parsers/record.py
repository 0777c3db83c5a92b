"""What a parser hands over: records, and what it could not read."""

import re
from dataclasses import dataclass, field

# PostgreSQL refuses NUL in text and lone surrogates in UTF-8; the other C0 controls
# break XML and show as nothing.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedRecord:
    """A record as an export gives it; every text can be stored in PostgreSQL as it is."""

    position: int
    line: int
    raw: str
    title: str = ""
    abstract: str = ""
    sections: list[tuple[str, str]] = field(default_factory=list)
    authors: list[str] = field(default_factory=list)
    year: int | None = None
    journal: str = ""
    volume: str = ""
    issue: str = ""
    pages: str = ""
    doi: str = ""
    pmid: str = ""
    accessions: dict[str, str] = field(default_factory=dict)
    issn: str = ""
    keywords: list[str] = field(default_factory=list)
    mesh: list[str] = field(default_factory=list)
    language: str = ""
    type: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """A line (the first is 1) that was not read as it stands, why, and its text."""

    line: int
    reason: str
    text: str = ""


class Problems(list[Problem]):
    """The problems of one file in the order met, shortened so that a hostile file stays small."""

    LONGEST_TEXT = 200
    MOST = 10_000

    def add(self, line: int, reason: str, text: str = "") -> None:
        """Note a problem; beyond the most that is listed, only say so once."""
        if len(self) < self.MOST:
            shown = storable(text.strip())
            if len(shown) > self.LONGEST_TEXT:
                shown = shown[: self.LONGEST_TEXT] + "…"
            self.append(Problem(line, reason, shown))
        elif len(self) == self.MOST:
            reason = (
                f"There are more than {self.MOST:,} problems; from here on they are not listed."
            )
            self.append(Problem(line, reason))


class UnreadableFile(ValueError):
    """The file as a whole cannot be read; the message is a sentence for the user."""


def storable(text: str) -> str:
    """Return the text without what PostgreSQL refuses in a text column."""
    return _UNSTORABLE.sub("", text)


def without_controls(text: str) -> str:
    """Return the text without control characters, line ends and tabs excepted."""
    return _CONTROL.sub("", text)


def has_controls(text: str) -> bool:
    """Say whether a (long) text holds a character that `without_controls` would remove."""
    # Deleting bytes is some fifty times faster than searching a character class.
    encoded = text.encode("utf-8", "surrogatepass")
    if len(encoded.translate(None, _CONTROL_BYTES)) != len(encoded):
        return True
    return b"\xed" in encoded and _CONTROL.search(text) is not None


_CONTROL_BYTES = bytes([*range(9), 0x0B, 0x0C, *range(0x0E, 0x20), 0x7F])
