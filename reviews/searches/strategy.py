"""A search strategy as people type and paste it: a line each, with the records it found."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

# "#3  radiograph*[tiab]  =>  2,104,556": the number may follow a tab, a bar or an arrow.
_HITS = re.compile(r"^(?P<line>.*?)\s*(?:\t+|\s\|\s*|\s=>\s*)(?P<hits>\d[\d,.\u00a0\u202f ]*)$")
# "3. 1 and 2", "#3 1 and 2", "3  1 and 2": the number a platform gives a line of its history.
_NUMBERED = re.compile(r"^#?(?P<number>\d{1,4})(?:[.):]\s*|\s+)(?P<line>\S.*)$")
_OVID_HITS = re.compile(r"\s*\((\d[\d,]*)\)$")
_LINE_NAMED = re.compile(r"#(\d{1,4})\b")
LONGEST_QUERY = 50_000


def read_strategy(text: str) -> list[dict[str, Any]]:
    """Return the lines of a strategy, with their hits where a number stands at the end.

    Histories are pasted with the platform's own numbers (Ovid: ``1  exp Sepsis/ (133902)``,
    PubMed: ``#1``). Where they count every line from 1 they are left out, as the lines are
    numbered wherever they are shown; Ovid's hits in parentheses are then read too.

    >>> read_strategy("osteoporo*[tiab] | 133,902\\n#1 AND #2")
    [{'line': 'osteoporo*[tiab]', 'hits': 133902}, {'line': '#1 AND #2', 'hits': None}]
    >>> read_strategy("1     exp Sepsis/ (133902)\\n2     limit 1 to humans (87)")
    [{'line': 'exp Sepsis/', 'hits': 133902}, {'line': 'limit 1 to humans', 'hits': 87}]
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    own = [_NUMBERED.match(line) for line in lines]
    if len(lines) < 2 or any(
        not found or int(found["number"]) != place for place, found in enumerate(own, start=1)
    ):
        return [_read_line(line) for line in lines]
    lines = [found["line"] for found in own if found]
    in_parentheses = all(_OVID_HITS.search(line) for line in lines)
    return [
        _read_line(_OVID_HITS.sub(r" | \1", line) if in_parentheses else line) for line in lines
    ]


def _read_line(line: str) -> dict[str, Any]:
    found = _HITS.match(line)
    if not found:
        return {"line": line, "hits": None}
    return {"line": found["line"].strip(), "hits": int(re.sub(r"\D", "", found["hits"]))}


def write_strategy(lines: Iterable[dict[str, Any]]) -> str:
    """Return the lines as they are typed.

    >>> write_strategy([{"line": "a", "hits": 1200}, {"line": "b", "hits": None}])
    'a | 1,200\\nb'
    """
    return "\n".join(
        f"{each['line']} | {each['hits']:,}" if each.get("hits") is not None else each["line"]
        for each in lines
    )


def as_one_query(lines: Sequence[dict[str, Any]]) -> str:
    """Return the last line with every line it names (#1, #2) put in its place.

    Raises
    ------
    ValueError
        With a sentence: there is no line, one names a line that does not come before it, or the
        query grows beyond what a database takes.

    >>> as_one_query(read_strategy("bone OR hip\\nCT[ti]\\n#1 AND #2"))
    '(bone OR hip) AND (CT[ti])'
    """
    whole: list[str] = []
    for number, each in enumerate(lines, start=1):

        def put_in(found: re.Match[str], number: int = number) -> str:
            named = int(found[1])
            if not 0 < named < number:
                raise ValueError(f"Line {number} names #{named}, which does not come before it.")
            return f"({whole[named - 1]})"

        whole.append(_LINE_NAMED.sub(put_in, each["line"]))
        if len(whole[-1]) > LONGEST_QUERY:
            raise ValueError(f"Line {number} grows longer than {LONGEST_QUERY:,} characters.")
    if not whole:
        raise ValueError("The strategy is not written down yet.")
    return whole[-1]
