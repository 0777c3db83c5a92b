"""The one reader of files made of tagged lines: RIS, NBIB, Web of Science, EndNote, Ovid.

A dialect is a table of tags and a few habits. The reader never gives up on a file: a line it
cannot place is noted, a record that lacks its first or last line is kept, and one record's
damage ends where the next one begins.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from reviews.searches.parsers.record import Problems

_COUNTER = re.compile(r"[\W_]*\d+[\W_]*")
# A record without end must not take the memory of the machine.
LONGEST_RECORD = 3 << 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How a family of files writes its tags, and where its records begin and end."""

    name: str
    tags: frozenset[str]
    width: int  # of a tag with its hyphen, as the format prescribes it
    prescribed: Callable[[str], str]
    loose: re.Pattern[str]  # groups: indent, tag, gap, value
    long_texts: frozenset[str]  # in these, a line in another style than the record's is text
    single_lines: frozenset[str]  # these never continue on the next line
    opening: str
    closing: str = ""
    opens: Callable[["TaggedRecord", str, str, bool], bool]
    is_opening_value: Callable[[str], bool] = lambda value: True
    blank_line_closes: bool = False
    indents_text: bool = False  # lines that continue a field start with a space, others never do
    headers: frozenset[str] = frozenset()  # tags of the file itself, outside of its records
    names_every_line: bool = False  # a line that is not indented is a tag, a known one or not
    hyphened: bool = True  # a hyphen ends the tag, so that a word may look like one


@dataclass(slots=True)
class TaggedRecord:
    """The lines of one record, its values by tag, and the style its first line is in."""

    line: int
    style: tuple[bool, bool, int] = (False, False, 2)  # indented, lower case, gap
    values: dict[str, list[str]] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)

    @property
    def size(self) -> int:
        """About the number of bytes the record takes so far."""
        return sum(map(len, self.lines)) + 64 * len(self.lines)

    @property
    def raw(self) -> str:
        """The record's text as it stands in the file, without the blank lines after it."""
        return "\n".join(self.lines).rstrip()


def read_records(
    blocks: Iterable[list[str]], dialect: Dialect, problems: Problems
) -> Iterator[TaggedRecord]:
    """Yield the records of a file given as blocks of lines."""
    reader = _Reader(dialect, problems)
    for block in blocks:
        yield from reader.read(block)
        if (record := reader.cut()) is not None:
            yield record
    if (record := reader.close()) is not None:
        if dialect.closing:
            # Nobody can tell a forgotten line from a file that was cut off, so say it.
            problems.add(
                reader.number, f"The file ends within a record: there is no {dialect.closing} line."
            )
        yield record


class _Reader:
    def __init__(self, dialect: Dialect, problems: Problems) -> None:
        self.dialect = dialect
        self.problems = problems
        self.prefixes = {dialect.prescribed(tag): tag for tag in dialect.tags}
        self.number = 0
        self.record: TaggedRecord | None = None
        self.tag = ""  # of the field last read
        self.more: list[str] = []  # lines that continue it
        self.after_blank = False
        self.style = (False, False, 2)

    def read(self, block: list[str]) -> Iterator[TaggedRecord]:
        """Read some lines, and yield each record that is complete."""
        find, width = self.prefixes.get, self.dialect.width
        special = {self.dialect.opening, self.dialect.closing, *self.dialect.headers}
        first, record = self.number, self.record
        for number, line in enumerate(block, start=first + 1):
            tag = find(line[:width])
            if not line and record is not None:
                record.lines.append(line)
                self.after_blank = self.dialect.blank_line_closes
                continue
            if tag is None or record is None or tag in special or self.after_blank:
                self.number = number
                done = self._read_line(line, tag)
                record = self.record
                if done is not None:
                    yield done
                continue
            if self.more:
                self._finish_field(record)
            record.lines.append(line)
            values = record.values.get(tag)
            if values is None:
                record.values[tag] = [line[width:]]
            else:
                values.append(line[width:])
            self.tag = tag
        self.number = first + len(block)

    def close(self) -> TaggedRecord | None:
        """Return the record still open, or None; the next line opens another."""
        record, self.record = self.record, None
        if record is not None:
            if self.more:
                self._finish_field(record)
            self.tag = ""
        return record

    def cut(self) -> TaggedRecord | None:
        """Return the record still open if it has grown beyond all bounds."""
        record = self.record
        if record is None or record.size < LONGEST_RECORD:
            return None
        reason = "The record that ends here is longer than 50 MB; what follows is read apart."
        self.problems.add(self.number, reason)
        return self.close()

    def _read_line(self, line: str, tag: str | None) -> TaggedRecord | None:
        style = (False, False, 2)
        value = line[self.dialect.width :]
        if tag is None:
            found = self._read_loosely(line)
            if found is None:
                return self._read_untagged(line)
            tag, value, style = found
        if tag == self.dialect.closing:
            return self._read_closing(line, value)
        if tag in self.dialect.headers:
            return self._read_header(line, tag)
        return self._read_tagged(line, tag, value, style)

    def _read_tagged(
        self, line: str, tag: str, value: str, style: tuple[bool, bool, int]
    ) -> TaggedRecord | None:
        if tag == self.dialect.opening and self._is_text(value):
            return self._read_untagged(line)
        done = None
        record = self.record
        if record is None or self.dialect.opens(record, tag, value, self.after_blank):
            done = self.close()
            record = self._open(tag, style, after=done)
        self.after_blank = False
        if self.more:
            self._finish_field(record)
        record.lines.append(line)
        record.values.setdefault(tag, []).append(value)
        self.tag = tag
        return done

    def _is_text(self, value: str) -> bool:
        return self.record is not None and not self.dialect.is_opening_value(value)

    def _open(
        self, tag: str, style: tuple[bool, bool, int], *, after: TaggedRecord | None
    ) -> TaggedRecord:
        closing, opening = self.dialect.closing, self.dialect.opening
        if after is not None and closing:
            self.problems.add(self.number, f"The record before this line has no {closing} line.")
        if closing and tag != opening:
            self.problems.add(self.number, f"The record has no {opening} line.")
            style = self.style  # of the record before
        self.record = TaggedRecord(self.number, style)
        self.style = style
        return self.record

    def _read_closing(self, line: str, value: str) -> TaggedRecord | None:
        """Only an empty closing tag closes: "ER  - is an abbreviation" is a sentence."""
        opening = self.dialect.prescribed(self.dialect.opening)
        if value.strip() and not (self.record is not None and value.startswith(opening)):
            return self._read_untagged(line)
        self.after_blank = False
        if self.record is None:
            self.problems.add(self.number, "This line closes a record that was never opened.", line)
            return None
        self.record.lines.append(line)
        done = self.close()
        if value.strip():
            # The line end between two records was lost.
            self._read_line(value, self.dialect.opening)
        return done

    def _read_header(self, line: str, tag: str) -> TaggedRecord | None:
        """Pass over a line about the file; one in the middle ends the record before it."""
        done = self.close()
        if done is not None:
            self.problems.add(
                self.number, f"The record before this line has no {self.dialect.closing} line."
            )
        return done

    def _read_untagged(self, line: str) -> TaggedRecord | None:
        if not line.strip(" \t\ufeff\x1a"):
            self._read_blank(line)
            return None
        record = self.record
        if record is None:
            if not _COUNTER.fullmatch(line):
                self.problems.add(self.number, "This line is outside any record.", line)
            return None
        record.lines.append(line)
        if self._continues(line):
            self.more.append(line)
            self.after_blank = False
        else:
            self.problems.add(
                self.number, "This line belongs to no field; it is kept in the raw text.", line
            )
        return None

    def _continues(self, line: str) -> bool:
        if not self.tag or self.tag in self.dialect.single_lines:
            return False
        return not self.dialect.indents_text or line[:1].isspace()

    def _read_blank(self, line: str) -> None:
        self.after_blank = self.dialect.blank_line_closes
        if self.record is not None:
            self.record.lines.append(line)

    def _finish_field(self, record: TaggedRecord) -> None:
        values = record.values[self.tag]
        values[-1] = "\n".join([values[-1], *self.more])
        self.more = []

    def _read_loosely(self, line: str) -> tuple[str, str, tuple[bool, bool, int]] | None:
        """Read a tag that is indented, in small letters or with other spaces than prescribed."""
        found = self.dialect.loose.match(line)
        if found is None:
            return None
        indent, written, gap, value = found.groups()
        tag = written.upper()
        if tag not in self.dialect.tags and not self._is_unknown_tag(line, written):
            return None
        style = (bool(indent.strip("\ufeff")), written != tag, len(gap))
        ends = tag == self.dialect.closing and not value.strip() and gap != ""
        return (tag, value, style) if ends or self._is_plausible(tag, style) else None

    def _is_unknown_tag(self, line: str, written: str) -> bool:
        """Vendors have tags of their own; within a long text it rather is an abbreviation."""
        if self.dialect.names_every_line:
            return True
        if self.record is None or not line.startswith(self.dialect.prescribed(written)):
            return False
        return self.dialect.indents_text or self.tag not in self.dialect.long_texts

    def _is_plausible(self, tag: str, style: tuple[bool, bool, int]) -> bool:
        if self.record is None or tag == self.dialect.opening:
            return True
        if style == self.record.style or self.dialect.indents_text or not self.dialect.hyphened:
            return True
        indented, lower, gap = style
        # "AU-" cannot be told from a word with a hyphen, unless the whole record is written so.
        return gap > 0 and not (indented or lower or self.tag in self.dialect.long_texts)
