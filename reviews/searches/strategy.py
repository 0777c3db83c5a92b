"""A search strategy as people type and paste it: a line each, with the records it found."""

import re
from collections.abc import Iterable
from typing import Any

# "#3  radiograph*[tiab]  =>  2,104,556": the number may follow a tab, a bar or an arrow.
_HITS = re.compile(r"^(?P<line>.*?)\s*(?:\t+|\s\|\s*|\s=>\s*)(?P<hits>\d[\d,.\u00a0\u202f ]*)$")


def read_strategy(text: str) -> list[dict[str, Any]]:
    """Return the lines of a strategy, with their hits where a number stands at the end.

    >>> read_strategy("osteoporo*[tiab] | 133,902\\n#1 AND #2")
    [{'line': 'osteoporo*[tiab]', 'hits': 133902}, {'line': '#1 AND #2', 'hits': None}]
    """
    return [_read_line(line.strip()) for line in text.splitlines() if line.strip()]


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
