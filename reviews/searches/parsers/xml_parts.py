"""Records out of XML: each is cut out of the text first and parsed by itself.

So a file of any size takes the memory of one record, a broken record never costs its neighbours,
two roots or none do no harm, and no document type is ever seen by the XML library: there are no
entities to expand and nothing to fetch.
"""

import html
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from lxml import etree

from reviews.searches.parsers.record import Problems

LONGEST_RECORD = 12 << 20
_LONGEST_SKIP = 1 << 21
_DECLARED = re.compile(r"<!(?:ENTITY|ATTLIST)\s")
_NAMED = re.compile(r"&([A-Za-z][A-Za-z0-9]{1,31});")
_OWN = frozenset({"amp", "lt", "gt", "quot", "apos"})
# No text may hold control characters, nor the halves of a character beyond 16 bits.
_NUMBERED = re.compile(
    r"&#(?:x0{0,40}(?:[0-8bcefBCEF]|1[0-9a-fA-F]|[dD][89a-fA-F][0-9a-fA-F]{2})(?![0-9a-fA-F])"
    r"|0{0,40}(?:[0-8]|1[1-9]|2\d|3[01]|5529[6-9]|55[3-9]\d\d|56\d{3}|57[0-2]\d\d|573[0-3]\d|5734[0-3])"
    r"(?!\d));?"
)
_DIRECTIVE = re.compile(r"<!(?!--|\[CDATA\[)[^>]{0,2000}>?")
_NAMESPACE = re.compile(r"\sxmlns(?::\w{1,40})?=(?:\"[^\"]{0,400}\"|'[^']{0,400}')")
_PREFIX = re.compile(r"(</?)[A-Za-z][\w.-]{0,40}:(?=[A-Za-z])")
# A stray "<" that opens no tag, or an "&" that names no character, costs text: they are escaped.
_STRAY = re.compile(
    r"<(?![A-Za-z/!?])|&(?!#\d{1,7};|#x[0-9a-fA-F]{1,6};|[A-Za-z][A-Za-z0-9]{0,31};)"
)

_PARSER = etree.XMLParser(
    recover=True, resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
)


@dataclass(frozen=True, slots=True)
class Part:
    """The text of one record, where it begins, and whether its end was there."""

    name: str
    line: int
    text: str
    whole: bool


class Splitter:
    """Cuts the elements of these names out of a text that comes in pieces."""

    def __init__(self, names: Sequence[str], problems: Problems) -> None:
        self.names = names  # an element named earlier may hold those named later
        one_of = "|".join(names)
        self._token = re.compile(
            rf"<!--|<!\[CDATA\[|<(?:[\w.-]{{1,40}}:)?(?P<open>{one_of})(?=[\s>/])"
            rf"|</(?:[\w.-]{{1,40}}:)?(?P<close>{one_of})\s{{0,20}}>"
        )
        self.problems = problems
        self.buffer = ""
        self.at = 0  # where the search goes on
        self.line, self.counted = 1, 0  # the line of this place
        self.skipping = ""  # the end of the comment or the character data being passed over
        self.skipped_from = 0
        self.absent = {"-->": 0, "]]>": 0}  # up to this place there is no such end
        self.name, self.start = "", 0  # of the record that is open
        self.declared = False

    def split(self, pieces: Iterable[str]) -> Iterator[Part]:
        """Yield the parts of a text."""
        for piece in pieces:
            self.buffer += piece
            yield from self._scan(longest=_LONGEST_SKIP)
            if self.name and len(self.buffer) - self.start > LONGEST_RECORD:
                reason = "A record is longer than 12 MB; what follows in it was not read."
                self.problems.add(self._line_at(self.start), reason)
                yield self._cut(len(self.buffer), whole=False)
            self._forget()
        yield from self._scan(longest=0)
        if self.name:
            yield self._cut(len(self.buffer), whole=False)
        self._look_for_declarations(len(self.buffer))

    def _scan(self, *, longest: int) -> Iterator[Part]:
        while True:
            if self.skipping and not self._skip(longest):
                return
            found = self._token.search(self.buffer, self.at)
            if found is None:
                # A token may have been cut at the end of the piece.
                self.at = max(self.at, len(self.buffer) - 80)
                return
            if (part := self._take(found)) is not None:
                yield part

    def _skip(self, longest: int) -> bool:
        """Pass over a comment; one that does not end must not hide the records after it."""
        end = self.buffer.find(self.skipping, max(self.at, self.absent[self.skipping] - 2))
        if end == -1:
            self.absent[self.skipping] = len(self.buffer)
        if end != -1:
            self.at, self.skipping = end + 3, ""
        elif len(self.buffer) - self.skipped_from > longest:
            self.at, self.skipping = self.skipped_from + 4, ""
        else:
            self.at = max(self.at, len(self.buffer) - 2)
        return not self.skipping

    def _take(self, found: re.Match[str]) -> Part | None:
        part = None
        self.at = found.end()
        if found["open"]:
            if self.name:
                if self.names.index(found["open"]) > self.names.index(self.name):
                    return None
                part = self._cut(found.start(), whole=False)
            self._look_for_declarations(found.start())
            self.name, self.start = found["open"], found.start()
        elif found["close"]:
            if found["close"] == self.name:
                part = self._cut(found.end(), whole=True)
        else:
            self.skipping = "-->" if found[0] == "<!--" else "]]>"
            self.skipped_from = found.start()
        return part

    def _cut(self, end: int, *, whole: bool) -> Part:
        part = Part(self.name, self._line_at(self.start), self.buffer[self.start : end], whole)
        self.name, self.start = "", 0
        self._line_at(end)
        return part

    def _line_at(self, place: int) -> int:
        self.line += self.buffer.count("\n", self.counted, place)
        self.counted = max(place, self.counted)
        return self.line

    def _forget(self) -> None:
        """Keep of the text only what may yet belong to a record."""
        if self.name:
            keep = self.start
        elif self.skipping:
            keep = self.skipped_from
        else:
            keep = max(self.counted, min(self.at, len(self.buffer) - 80))
        if not self.name:
            self._look_for_declarations(keep)
        self._line_at(keep)
        self.buffer = self.buffer[keep:]
        self.start -= keep if self.name else 0
        self.skipped_from -= keep if self.skipping else 0
        self.at -= keep
        self.absent = {end: max(0, place - keep) for end, place in self.absent.items()}
        self.counted -= keep

    def _look_for_declarations(self, end: int) -> None:
        """Say once that a file declares entities: in the text before the place, and not far."""
        begin = self.counted
        if self.declared or end - begin > _LONGEST_SKIP:
            return
        if found := _DECLARED.search(self.buffer, begin, end):
            self.declared = True
            line = self._line_at(found.start())
            reason = "The file declares entities of its own; they are never expanded or fetched."
            self.problems.add(line, reason, self.buffer[found.start() : found.start() + 200])


def element_of(part: Part, problems: Problems) -> etree._Element:
    """Parse one record; what is broken in it is repaired as far as can be, and said."""
    text = _tidied(part)
    element, error = _parsed(text)
    if error is not None:
        escaped = _STRAY.sub(lambda found: "&lt;" if found[0] == "<" else "&amp;", text)
        element, error = _parsed(escaped)
    if not part.whole:
        problems.add(part.line, "The record is cut off; what there is of it was read.", text[-80:])
    elif element is None:
        problems.add(part.line, "The record could not be read as XML.", text)
    elif error is not None:
        reason = "The record's XML is damaged; it was read as far as can be."
        problems.add(part.line + max(0, error.line - 1), reason, str(error.message))
    return etree.Element("none") if element is None else element


def text_of(element: etree._Element) -> str:
    """Return an element's text, through its markup and its mathematics."""
    if len(element) == 0:
        return element.text or ""
    return "".join(element.itertext())


def _tidied(part: Part) -> str:
    """Return the text without what is never wanted: directives, namespaces, bad characters."""
    text = part.text
    if "<!" in text:
        text = _DIRECTIVE.sub("", text)
    if "xmlns" in text or not text.startswith(f"<{part.name}"):
        text = _PREFIX.sub(r"\1", _NAMESPACE.sub("", text))
    if "&" in text:
        text = _NUMBERED.sub("", _NAMED.sub(_character, text))
    return text


def _parsed(text: str) -> tuple[etree._Element | None, etree._LogEntry | None]:
    try:
        element = etree.fromstring(text.encode("utf-8", "replace"), _PARSER)
    except etree.XMLSyntaxError as error:
        return None, error.error_log[0] if error.error_log else None
    return element, _PARSER.error_log[0] if _PARSER.error_log else None


def _character(found: re.Match[str]) -> str:
    """Resolve the names HTML has for characters; an entity of the file's own stays as written."""
    if found[1] in _OWN:
        return found[0]
    text = html.unescape(found[0])
    return text.replace("&", "&amp;").replace("<", "&lt;")
