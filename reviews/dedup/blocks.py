"""Which records are compared at all: those that share a block.

A block is named by a number made from some of a record's values, so that a review's blocks can
be kept in an index, and new records find the old ones they must be compared with.
"""

import hashlib
from collections.abc import Iterator

from reviews.dedup.keys import SHORTEST_TITLE, Keys

_START, _END = 28, 24
_ABSTRACT = 100


def blocks_of(key: Keys) -> list[int]:
    """Return the numbers of a record's blocks, each a signed integer of 64 bits."""
    return [_number(name) for name in dict.fromkeys(_names(key))]


def _names(key: Keys) -> Iterator[str]:
    yield from _identifiers(key)
    yield from _texts(key)
    yield from _places(key)


def _identifiers(key: Keys) -> Iterator[str]:
    if key.doi:
        yield f"doi {key.doi}"
    if key.pmid:
        yield f"pmid {key.pmid}"


def _texts(key: Keys) -> Iterator[str]:
    title = key.title
    if len(title) >= SHORTEST_TITLE:
        yield f"start {title[:_START]}"
        yield f"end {title[-_END:]}"
    elif title:
        yield f"short {title} {key.family} {key.year}"
    if len(key.abstract) >= _ABSTRACT:
        yield f"abstract {key.abstract[:_ABSTRACT]}"


def _places(key: Keys) -> Iterator[str]:
    page = key.page
    if page is not None and key.volume:
        yield f"place {key.volume} {page} {key.year}"
        yield f"author's place {key.volume} {page} {key.family[:4]}"
    if key.family and key.year is not None:
        if page is not None:
            yield f"author's page {key.family} {key.year} {page}"
        if key.words:
            words = sorted(dict.fromkeys(key.words.split()), key=len)[-2:]
            yield f"author's words {key.family} {key.year} {' '.join(words)}"


def _number(name: str) -> int:
    digest = hashlib.blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, signed=True)
