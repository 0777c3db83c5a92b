"""Keywords marked in a text: as segments, never as markup."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviews.screening.highlight import split_highlights


def marked(text, **keywords):
    """Return the marked segments as (text, kind)."""
    segments = split_highlights(text, **keywords)
    return [(segment.text, segment.kind) for segment in segments if segment.kind]


@pytest.mark.parametrize(
    ("keyword", "found"),
    [
        ("radiograph", []),
        ("radiograph*", ["Radiographs"]),
        ("DUAL-ENERGY", ["dual energy"]),
        ("dual energy x-ray*", ["dual energy X-ray"]),
        ("energ* x", ["energy X"]),
        ("rays", []),
        ("*", []),
        ("", []),
    ],
)
def test_words_phrases_and_beginnings(keyword, found):
    text = "Radiographs or dual energy X-ray absorptiometry"
    assert [text for text, _ in marked(text, include=[keyword])] == found


def test_the_longest_keyword_counts():
    found = marked(
        "bone mineral density", include=["bone", "bone mineral density"], exclude=["density"]
    )
    assert found == [("bone mineral density", "include")]


def test_excluding_wins_over_including():
    assert marked("rats", include=["rats"], exclude=["rat*"]) == [("rats", "include")]
    assert marked("rats", include=["rats"], exclude=["rats"]) == [("rats", "exclude")]


def test_markup_stays_text():
    segments = split_highlights("<script>rats</script>", exclude=["rats"])
    assert [segment.text for segment in segments] == ["<script>", "rats", "</script>"]


def test_accented_words_are_whole_words():
    assert marked("ostéoporose", include=["ost"]) == []
    assert marked("OSTÉOPOROSE", include=["ostéo*"]) == [("OSTÉOPOROSE", "include")]


@given(st.text(), st.lists(st.text(max_size=12)), st.lists(st.text(max_size=12)))
def test_the_segments_together_are_the_text(text, include, exclude):
    segments = split_highlights(text, include=include, exclude=exclude)
    assert "".join(segment.text for segment in segments) == text
    assert all(segment.text for segment in segments)


def test_a_long_text_and_many_keywords_take_no_time():
    text = "bone density of rats " * 20_000
    keywords = [f"keyword{i}*" for i in range(500)] + ["bone densit*"]
    start = time.process_time()
    found = marked(text, include=keywords, exclude=["rats"])
    assert time.process_time() - start < 5
    assert len(found) == 40_000
