"""What people type to find records, as a question to PostgreSQL's full-text search.

The syntax is that of web searches: ``"a phrase"``, ``or``, ``-without``; and a word ending in ``*``
stands for every word that begins so, within phrases too. Nothing typed is an error.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from django.contrib.postgres.search import SearchQuery, SearchRank
from django.db.models import Expression, F, Func, QuerySet, TextField, Value
from django.db.models.functions import Coalesce, Left, NullIf

MOST_BEGINNINGS = 20
MOST_CHARACTERS = 1_000
# Among how many of the records found those asked for first are looked for.
MOST_RANKED = 2_000
_BEGINNING = re.compile(r"([^\W_]{1,60})\*")
# No record holds these: they stand around the words that were found while the text travels.
_START, _STOP = "\x02", "\x03"
_TITLE = f"HighlightAll=true, StartSel={_START}, StopSel={_STOP}"
_NAMES = "array_to_string(ARRAY(SELECT jsonb_array_elements_text(%(expressions)s)), '; ')"
# As many authors as a line of the list names.
MOST_NAMED = 6
_EXCERPT = f"MaxFragments=1, MaxWords=32, MinWords=16, StartSel={_START}, StopSel={_STOP}"


class _Query(SearchQuery):
    """A tsquery made of the text of one."""

    template = "(%(expressions)s)::tsquery"


def query_for(words: str) -> Expression:
    """Return the tsquery of these words; it matches nothing where all are too common."""
    beginnings: list[str] = []

    def stand_in(found: re.Match[str]) -> str:
        if len(beginnings) == MOST_BEGINNINGS:
            return found[1]
        beginnings.append(found[1])
        return _stand_in(len(beginnings))

    text = _BEGINNING.sub(stand_in, words[:MOST_CHARACTERS])
    query: Expression = _as_text("websearch_to_tsquery", text)
    for number, beginning in enumerate(beginnings, start=1):
        query = Func(
            query,
            Value(f"'{_stand_in(number)}'"),
            _words_that_begin(beginning),
            function="replace",
            output_field=TextField(),
        )
    return _Query(query)


def _stand_in(number: int) -> str:
    """Return a word that is nobody's, and that no dictionary shortens."""
    return f"qz{number}begins{number}"


def _words_that_begin(beginning: str) -> Expression:
    """Return `'osteoporosi':*`: shortened as the words in the index are, unless too common."""
    shortened = NullIf(_as_text("to_tsquery", f"{beginning}:*"), Value(""))
    return Coalesce(shortened, Value(f"'{beginning.lower()}':*"))


def _as_text(function: str, text: str) -> Func:
    template = "%(function)s('english', %(expressions)s)::text"
    return Func(Value(text), function=function, template=template, output_field=TextField())


def by_relevance(records: QuerySet, words: str) -> QuerySet:
    """Order records by how well they answer, a word in the title counting more than elsewhere."""
    rank = SearchRank(F("search"), query_for(words), normalization=1)
    return records.annotate(relevance=rank).order_by("-relevance", "-id")


def mark_words(records: Iterable[Any], words: str) -> None:
    """Give each record of a page ``marked_title`` and, where words were found, the other pieces.

    These are ``excerpt`` of the abstract, ``marked_authors`` and ``marked_journal``; each is a list
    of pieces of text and whether they were found, empty where nothing was.
    """
    rows = {record.pk: record for record in records}
    query = query_for(words)
    model = next((type(record) for record in rows.values()), None)
    if model is None:
        return
    shown = model._default_manager.filter(pk__in=rows).annotate(
        marked=_headline(Left("title", 1_000), query, _TITLE),
        found=_headline(Left("abstract", 20_000), query, _EXCERPT),
        named=_headline(Left(_names(), 20_000), query, _TITLE),
        published=_headline(Left("journal", 120), query, _TITLE),
    )
    for pk, title, *more in shown.values_list("pk", "marked", "found", "named", "published"):
        excerpt, names, journal = (text if _START in text else "" for text in more)
        rows[pk].marked_title = list(_pieces(title))
        rows[pk].excerpt = list(_pieces(excerpt))
        rows[pk].marked_authors = list(_pieces(_with_those_found(names)))
        rows[pk].marked_journal = list(_pieces(journal))


def _names() -> Func:
    return Func(F("authors"), template=_NAMES, output_field=TextField())


def _with_those_found(names: str) -> str:
    """Return the first authors and, however far down the list, those that were found."""
    everybody = names.split("; ")
    shown = [name for place, name in enumerate(everybody) if place < MOST_NAMED or _START in name][
        : 2 * MOST_NAMED
    ]
    return "; ".join(shown) + (" and others" if len(shown) < len(everybody) else "")


def _headline(text: Expression, query: Expression, options: str) -> Func:
    return Func(
        Value("english"),
        text,
        query,
        Value(options),
        function="ts_headline",
        template="%(function)s(%(expressions)s)",
        arg_joiner=", ",
        output_field=TextField(),
    )


def _pieces(text: str) -> Iterator[tuple[str, bool]]:
    """Yield the pieces of a text and whether they were found.

    >>> list(_pieces("Low \\x02bone\\x03 density"))
    [('Low ', False), ('bone', True), (' density', False)]
    """
    before, *found = text.split(_START)
    if before:
        yield before, False
    for piece in found:
        word, _, after = piece.partition(_STOP)
        yield word, True
        if after:
            yield after, False
