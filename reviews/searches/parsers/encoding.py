"""From bytes to lines: which encoding a file is in, and its lines in bounded memory."""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from reviews.searches.parsers.legacy import recognise
from reviews.searches.parsers.record import Problems

CHUNK = 1 << 20
# A "line" longer than this (a file without line ends) is cut, so that memory stays bounded.
LONGEST_LINE = 1 << 24

# Of a longer line only the bytes that are not UTF-8 are read otherwise, not all of it.
_LONG_LINE = 20_000

_BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_BYTE_LINES = re.compile(rb"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_DECLARATION = re.compile(rb"encoding=[\"']([\w.-]{1,40})|%\s{0,5}Encoding:\s{0,5}([\w.-]{1,40})")


@dataclass(frozen=True, slots=True)
class Encoding:
    """The encoding of a file, how many bytes its byte order mark takes, and its line end."""

    name: str
    bom: int = 0
    nel: bool = False


def sniff_encoding(stream: BinaryIO) -> Encoding:
    """Find the encoding of a seekable stream by reading it once; leaves it at the start."""
    stream.seek(0)
    head = stream.read(CHUNK)
    for mark, name in _BOMS:
        if head.startswith(mark):
            nel = _ends_lines_with_nel(head[len(mark) :].decode(name, "ignore"))
            stream.seek(0)
            return Encoding(name, len(mark), nel)
    name = _utf16_without_mark(head) or _eight_bit(stream, head)
    stream.seek(0)
    return Encoding(name, 0, _ends_lines_with_nel(head.decode(name, "replace")))


def _ends_lines_with_nel(text: str) -> bool:
    return "\x85" in text and "\n" not in text and "\r" not in text


def _utf16_without_mark(head: bytes) -> str | None:
    sample = head[:4096]
    if len(sample) < 4 or b"\0" not in sample:
        return None
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    half = len(sample) // 2
    if odd > 0.4 * half and even < 0.05 * half:
        return "utf-16-le"
    if even > 0.4 * half and odd < 0.05 * half:
        return "utf-16-be"
    return None


def _eight_bit(stream: BinaryIO, head: bytes) -> str:
    """UTF-8 if nothing speaks against it or most of it is; else GBK, Windows-1252 or Latin-1."""
    good, bad, sample = _weigh_utf8(stream, head)
    if bad == 0 or good > bad:
        return "utf-8"
    if declared := _declared(head):
        return declared
    if legacy := recognise(sample):
        return legacy
    # Western text hardly ever is UTF-8 by chance: two files were put together.
    if good * 10 >= bad:
        return "utf-8"
    return "cp1252" if re.search(rb"[\x80-\x9f]", sample) else "latin-1"


def _declared(head: bytes) -> str:
    """The encoding an XML or a BibTeX file names itself, if it can be read in it."""
    found = _DECLARATION.search(head[:2000])
    if found is None:
        return ""
    name = (found[1] or found[2]).decode().lower()
    try:
        name = codecs.lookup(name).name
        codecs.getincrementaldecoder(name)().decode(head)
    except (LookupError, ValueError, AssertionError):
        return ""
    name = {"gb2312": "gb18030", "gbk": "gb18030", "iso8859-1": "latin-1"}.get(name, name)
    return "" if name.startswith(("utf", "ascii")) else name


def _weigh_utf8(stream: BinaryIO, head: bytes) -> tuple[int, int, bytes]:
    """Count the non-ASCII lines that are and are not UTF-8; and give a sample of the latter."""
    good = bad = 0
    wrong: list[bytes] = []
    stream.seek(0)
    for block in _byte_blocks(stream):
        if block.isascii():
            continue
        if _is_utf8(block):
            good += 1
            continue
        for line in _BYTE_LINES.findall(block):
            if line.isascii():
                continue
            if _is_utf8(line) or _is_cut_utf8(line):
                good += 1
                continue
            bad += 1
            if len(wrong) < 2000:
                wrong.append(line[:2000])
    return good, bad, b"\n".join(wrong) or head[:4096]


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _is_cut_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.reason == "unexpected end of data" and error.start > 0
    return True


def blocks_of_lines(
    stream: BinaryIO, encoding: Encoding, problems: Problems
) -> Iterator[list[str]]:
    """Yield the lines of a stream, without their ends, a block at a time."""
    rest = ""
    number = 0
    for text in _texts(stream, encoding, problems):
        text = rest + text
        # A return at the very end may be the first half of a return and line feed.
        held = "\r" if text.endswith("\r") else ""
        lines = _split(text[: len(text) - len(held)], nel=encoding.nel)
        rest = lines.pop() + held
        if len(rest) > LONGEST_LINE:
            problems.add(number + len(lines) + 1, "A line is too long and was cut.", rest[:80])
            lines.append(rest)
            rest = ""
        number += len(lines)
        yield lines
    if rest:
        # A file's last line end does not open another line.
        yield _split(rest.removesuffix("\r"), nel=encoding.nel)


def pieces_of_text(
    stream: BinaryIO, encoding: Encoding, problems: Problems, *, ends: bytes
) -> Iterator[str]:
    """Yield a text that has few lines or none: pieces of a megabyte, cut after one of `ends`."""
    held = ""
    for text in _texts(stream, encoding, problems, ends):
        text = held + text
        held = "\r" if text.endswith("\r") else ""
        text = text[: len(text) - len(held)]
        yield text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text
    if held:
        yield "\n"


def _split(text: str, *, nel: bool) -> list[str]:
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return (text.replace("\x85", "\n") if nel else text).split("\n")


def _texts(
    stream: BinaryIO, encoding: Encoding, problems: Problems, ends: bytes = b"\n\r"
) -> Iterator[str]:
    stream.seek(encoding.bom)
    if encoding.name == "utf-8":
        yield from _utf8_texts(stream, problems, ends)
        return
    name = encoding.name
    if name == "latin-1" and not encoding.nel:
        name = "cp1252"  # the same, and reads what a sample of the lines may not have shown
    errors = "latin1-for-undefined" if name == "cp1252" else "replace"
    decoder = codecs.getincrementaldecoder(name)(errors)
    number = 1
    while chunk := stream.read(CHUNK):
        text = decoder.decode(chunk)
        yield _say_replaced(text, number, problems, chunk)
        number += max(text.count("\n"), text.count("\r"))
    yield _say_replaced(decoder.decode(b"", final=True), number, problems, b"")


def _say_replaced(text: str, number: int, problems: Problems, chunk: bytes) -> str:
    if "\ufffd" in text and b"\xef\xbf\xbd" not in chunk:
        before = text[: text.index("\ufffd")]
        number += max(before.count("\n"), before.count("\r"))
        problems.add(number, "Some bytes are no characters in this encoding and show as \ufffd.")
    return text


def _utf8_texts(stream: BinaryIO, problems: Problems, ends: bytes) -> Iterator[str]:
    """Decode block by block; a line that is not UTF-8 costs only itself, read as Windows-1252."""
    number = 1
    for block in _byte_blocks(stream, ends):
        try:
            yield block.decode("utf-8")
        except UnicodeDecodeError:
            yield _decode_by_line(block, number, problems)
        number += max(block.count(b"\n"), block.count(b"\r"))


def _decode_by_line(block: bytes, number: int, problems: Problems) -> str:
    decoded = []
    for offset, line in enumerate(_BYTE_LINES.findall(block)):
        try:
            text = line.decode("utf-8")
        except UnicodeDecodeError as error:
            if error.reason == "unexpected end of data" and error.start > 0:
                text = line.decode("utf-8", "replace")
                reason = "The line ends in the middle of a character."
            elif len(line) > _LONG_LINE:
                text = line.decode("utf-8", "cp1252-for-the-rest")
                reason = "Some bytes are not UTF-8 like the rest and were read as Windows-1252."
            else:
                text = line.decode("cp1252", "latin1-for-undefined")
                reason = "The line is not UTF-8 like the rest and was read as Windows-1252."
            problems.add(number + offset, reason, text)
        decoded.append(text)
    return "".join(decoded)


def _byte_blocks(stream: BinaryIO, ends: bytes = b"\n\r") -> Iterator[bytes]:
    """Yield about a megabyte at a time, cut after a line end (or another end) if there is one."""
    rest = b""
    while chunk := stream.read(CHUNK):
        data = rest + chunk
        cut = max(data.rfind(end) for end in ends) + 1
        if cut == 0 and len(data) > LONGEST_LINE:
            cut = len(data)
            while cut > len(data) - 4 and data[cut - 1] & 0xC0 == 0x80:
                cut -= 1
            cut -= data[cut - 1] >= 0xC0
        rest = data[cut:]
        if cut:
            yield data[:cut]
    if rest:
        yield rest


def _latin1_for_undefined(error: UnicodeError) -> tuple[str, int]:
    """Five bytes mean nothing in Windows-1252; Latin-1 has a (control) character for each."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("latin-1"), error.end


def _cp1252_for_the_rest(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    wrong = error.object[error.start : error.end]
    return wrong.decode("cp1252", "latin1-for-undefined"), error.end


codecs.register_error("cp1252-for-the-rest", _cp1252_for_the_rest)
codecs.register_error("latin1-for-undefined", _latin1_for_undefined)
