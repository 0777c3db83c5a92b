"""The encodings of other scripts from before Unicode, told by the letters they make of a sample."""

import re
from collections.abc import Callable

_HIGH_RUNS = re.compile(rb"[\x80-\xff]+")
_CYRILLIC_WORD = re.compile("[\u0410-\u042f\u0401]?[\u0430-\u044f\u0451]{2,}|[\u0410-\u042f]{2,}")
_LETTERS = re.compile(r"[^\W\d_]+")


def recognise(sample: bytes) -> str:
    """Return the encoding of a text in Chinese, Japanese, Korean or Russian, else nothing."""
    for name, fits in _TESTS.items():
        if fits(sample):
            return name
    return ""


def _share(text: str, *ranges: tuple[str, str]) -> float:
    """Return the share of the characters beyond ASCII that lie within these ranges."""
    beyond = [character for character in text if not character.isascii()]
    within = sum(any(low <= character <= high for low, high in ranges) for character in beyond)
    return within / len(beyond) if beyond else 0.0


def _decoded(sample: bytes, name: str) -> str:
    """Decode, unless much of the sample is nothing in this encoding."""
    text = sample.decode(name, "replace")
    return "" if text.count("\ufffd") > 0.02 * len(text) else text


def _in_pairs(sample: bytes) -> bool:
    """Where each character takes two high bytes they come in even runs; Western ones alone."""
    runs = [len(run) for run in _HIGH_RUNS.findall(sample)]
    paired = sum(run for run in runs if run >= 4 and run % 2 == 0)
    return bool(runs) and paired >= 0.6 * sum(runs)


def _is_korean(sample: bytes) -> bool:
    text = _decoded(sample, "cp949") if _in_pairs(sample) else ""
    return _share(text, ("\uac00", "\ud7a3")) > 0.85


def _is_japanese(sample: bytes) -> bool:
    """Kana stand between the characters Japanese shares with Chinese."""
    text = _decoded(sample, "cp932")
    kana = _share(text, ("\u3040", "\u30ff"))
    return kana > 0.15 and kana + _share(text, ("\u3000", "\u303f"), ("\u4e00", "\u9fff")) > 0.9


def _is_euc_japanese(sample: bytes) -> bool:
    text = _decoded(sample, "euc_jp") if _in_pairs(sample) else ""
    return _share(text, ("\u3040", "\u30ff")) > 0.15


def _is_gbk(sample: bytes) -> bool:
    if not _in_pairs(sample):
        return False
    return _share(sample.decode("gb18030", "replace"), ("\u4e00", "\u9fff")) > 0.5


def _is_big5(sample: bytes) -> bool:
    """The second byte often is an ASCII one; common characters lie in the first block."""
    text = _decoded(sample, "big5")
    leads = [run[0] for run in re.findall(rb"[\x81-\xfe][\x40-\xfe]", sample)]
    common = sum(0xA1 <= lead <= 0xC6 for lead in leads)
    return common > 0.9 * len(leads) and _share(text, ("\u4e00", "\u9fff")) > 0.8


def _is_cyrillic(name: str) -> Callable[[bytes], bool]:
    def fits(sample: bytes) -> bool:
        words = _LETTERS.findall(sample.decode(name, "replace"))
        beyond = [word for word in words if not word.isascii()]
        russian = sum(len(word) for word in beyond if _CYRILLIC_WORD.fullmatch(word))
        runs = [len(run) for run in _HIGH_RUNS.findall(sample)]
        # Western accents stand alone in their words.
        together = sum(run for run in runs if run >= 4)
        return (
            bool(beyond) and together > 0.6 * sum(runs) and (russian > 0.85 * sum(map(len, beyond)))
        )

    return fits


_TESTS: dict[str, Callable[[bytes], bool]] = {
    "cp932": _is_japanese,
    "euc_jp": _is_euc_japanese,
    "cp949": _is_korean,
    "cp1251": _is_cyrillic("cp1251"),
    "koi8_r": _is_cyrillic("koi8_r"),
    "gb18030": _is_gbk,
    "big5": _is_big5,
}
