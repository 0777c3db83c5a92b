"""Figures as files: accessible, the same bytes each time, in every format and thread."""

import io
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text
from PIL import Image

from analysis.figures.catalogue import (
    NAMES,
    NotDrawable,
    Wishes,
    figure_of,
    pages_of,
    refits,
    supported,
)
from analysis.figures.files import KINDS, TooLarge, figure_bytes
from analysis.figures.fonts import MISSING, drawable, fitted, printable, width_of, wrapped
from analysis.figures.forest import forest_figure, forest_pages
from analysis.figures.quadas import bars_figure
from analysis.figures.sheet import Sheet, safe_url
from analysis.figures.sroc import sroc_figure
from analysis.summary import analyse
from tests.analysis.pictures import LINK, SVG, judged, result, svg, words
from tests.analysis.tables import XRAY

STARTS = {"svg": b"<?xml", "pdf": b"%PDF", "png": b"\x89PNG", "tiff": b"II*\x00"}
HOSTILE = [
    "$tudy_0^$ & co",
    "</text><script>alert(1)</script>",
    "quote \" and ' and ]]>",
    "\u738b\u5c0f\u660e 2021",
    "\u0645\u062d\u0645\u062f \u0627\u0644\u0639\u0631\u0628\u064a",
    "e\u0301\u0302\u0323\u0331 combining",
    "line\nbreak\x00\x07\u202e\ud800\ufffe",
    "a very long name " * 20,
]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", KINDS)
def test_a_figure_is_the_same_bytes_each_time(name, kind):
    first, second = (figure_bytes(figure_of(name, result(10)), kind, dpi=72) for _ in range(2))
    assert first == second
    assert first.startswith(STARTS[kind])


@pytest.mark.parametrize("kind", KINDS)
def test_patterns_are_the_same_bytes_too(kind):
    first, second = (figure_bytes(bars_figure(judged(9)), kind, dpi=72) for _ in range(2))
    assert first == second


@pytest.mark.parametrize("kind", ["svg", "pdf", "png"])
def test_eight_threads_draw_the_same_bytes(kind):
    def draw(i: int) -> bytes:
        return figure_bytes(figure_of(("forest", "sroc")[i % 2], result(10)), kind, dpi=72)

    alone = {draw(0), draw(1)}
    with ThreadPoolExecutor(8) as threads:
        assert set(threads.map(draw, range(16))) == alone


def test_a_figure_can_be_written_several_times():
    figure = forest_figure(result(10))
    first = figure_bytes(figure, "svg")
    figure_bytes(figure, "png", dpi=150)
    assert figure_bytes(figure, "svg") == first


@pytest.mark.parametrize("kind", ["png", "tiff"])
def test_pixels_are_opaque_and_as_many_as_the_print_needs(kind):
    image = Image.open(io.BytesIO(figure_bytes(sroc_figure(result(10)), kind)))
    assert image.mode == "RGB"
    assert image.size[0] == pytest.approx(85 / 25.4 * 300, abs=1)
    assert [round(float(dots)) for dots in image.info["dpi"]] == [300, 300]


def test_too_many_pixels_are_refused_with_a_way_out():
    with pytest.raises(TooLarge, match="take SVG or PDF"):
        figure_bytes(Sheet(180, 20_000, title="", description="").figure, "png")


def test_pages_are_for_pdf_only():
    pages = forest_pages(result(108))
    assert len(pages) == 2
    assert figure_bytes(pages, "pdf").count(b"/Type /Page ") == 2
    with pytest.raises(ValueError, match="only a PDF"):
        figure_bytes(pages, "svg")


def test_a_plain_figure_is_a_file_too():
    assert all(figure_bytes(Figure(figsize=(1, 1)), kind, dpi=72) for kind in KINDS)


@pytest.mark.parametrize("name", NAMES)
def test_an_svg_names_and_describes_itself(name):
    root = svg(figure_of(name, result(10)))
    assert root.get("role") == "img"
    ids = root.get("aria-labelledby").split()
    title, description = root[0], root[1]
    assert [title.get("id"), description.get("id")] == ids
    assert title.tag == f"{SVG}title"
    assert description.tag == f"{SVG}desc"
    assert any(letter.isdigit() for letter in description.text)


def test_the_description_holds_the_pooled_numbers():
    told = result(10)["fit"]["sensitivity"]
    assert f"sensitivity {told['estimate']:.2f}" in svg(forest_figure(result(10)))[1].text


@pytest.mark.parametrize(
    "name", ["forest", "sroc", "deeks", "ratios", "leave-one-out", "diagnostics"]
)
def test_each_study_has_a_title_and_its_link(name):
    urls = tuple(f"/studies/{i}/?a=1&b=<2>" for i in range(10))
    root = svg(figure_of(name, result(10), Wishes(urls=urls)))
    assert root.get("role") == "group"
    links = {link.get(LINK): link.find(f"{SVG}title").text for link in root.iter(f"{SVG}a")}
    assert set(links) == set(urls)
    assert all(f"longer name {url.split('/')[2]} " in title for url, title in links.items())
    assert not any(link.get("target") for link in root.iter(f"{SVG}a"))


def test_a_study_without_participants_keeps_the_links_of_the_others():
    rows = [*XRAY[:4], [0, 0, 0, 0], *XRAY[4:]]
    urls = tuple(f"/{i}" for i in range(9))
    for name in ("deeks", "leave-one-out", "diagnostics", "ratios"):
        root = svg(figure_of(name, analyse(rows), Wishes(urls=urls)))
        assert {link.get(LINK) for link in root.iter(f"{SVG}a")} == set(urls) - {"/4"}


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://a.org/?q=1", "https://a.org/?q=1"),
        ("/reviews/1/", "/reviews/1/"),
        ("javascript:alert(1)", ""),
        ("JavaScript:alert(1)", ""),
        ("java\nscript:alert(1)", ""),
        ("data:text/html,x", ""),
        ("http://[", ""),
    ],
)
def test_a_link_leads_to_the_web_or_nowhere(url, kept):
    assert safe_url(url) == kept


def test_hostile_names_stay_text():
    figure = forest_figure(analyse(XRAY, HOSTILE))
    texts = words(figure)
    assert "$tudy_0^$ & co" in texts
    assert HOSTILE[3] in texts
    assert printable(HOSTILE[4]) in texts
    assert "line break" in texts
    assert not list(svg(figure).iter(f"{SVG}script"))
    titles = [node.text for node in svg(figure).iter(f"{SVG}title")]
    assert any("</text><script>alert(1)</script>" in title for title in titles)
    assert any(("a very long name " * 20).strip() in title for title in titles)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", NAMES)
def test_hostile_names_are_drawn_without_a_warning(name, kind):
    assert figure_bytes(figure_of(name, analyse(XRAY, HOSTILE)), kind, dpi=72)


def test_letters_that_no_font_has_are_squares_on_paper_only():
    figure = forest_figure(analyse(XRAY, HOSTILE))
    shown = drawable(HOSTILE[3])
    if shown == HOSTILE[3]:
        pytest.skip("a font of this machine has Chinese letters")
    assert shown == f"{MISSING * 3} 2021"
    assert HOSTILE[3] in figure.unprintable
    assert MISSING not in "".join(words(figure))


def test_any_letter_can_be_measured_and_drawn():
    letters = [chr(code) for code in range(0x20, 0x30000, 211)]
    for at in range(0, len(letters), 100):
        assert width_of(printable("".join(letters[at : at + 100])), 7.0) >= 0


@pytest.mark.parametrize("text", ["Name", "x" * 200, "e\u0323\u0302" * 60, "\u738b" * 90, "W"])
@pytest.mark.parametrize("room", [1.0, 12.0, 40.0])
def test_a_text_is_cut_to_its_room(text, room):
    cut = fitted(text, room, 7.0)
    assert cut == text or cut.endswith("\u2026")
    assert width_of(cut, 7.0) <= room or cut == "\u2026"
    assert not cut.startswith("\u0302")


def test_a_note_is_wrapped_to_its_room():
    lines = wrapped("some words and " + "x" * 99 + " a last one", 30.0, 6.0)
    assert len(lines) > 2
    assert all(width_of(line, 6.0) <= 30.0 for line in lines)
    assert wrapped("", 30.0, 6.0) == []


def test_what_cannot_be_estimated_is_not_offered():
    assert supported(result(10)) == list(NAMES)
    assert supported(analyse([XRAY[0]])) == ["forest", "sroc", "deeks", "ratios"]


@pytest.mark.parametrize("name", ["leave-one-out", "diagnostics"])
def test_what_a_result_did_not_keep_is_fitted_for_its_figure(name):
    kept = result(10)
    bare = {key: value for key, value in kept.items() if key != "leave_one_out"}
    assert refits(name, bare)
    assert not refits(name, kept)
    drawn = [figure_of(name, each) for each in (bare, kept)]
    assert drawn[0].description == drawn[1].description


@pytest.mark.parametrize("name", ["leave-one-out", "diagnostics"])
def test_refits_without_each_of_very_many_studies_are_not_drawn(name, monkeypatch):
    found = result(10)
    monkeypatch.setattr("analysis.figures.catalogue.MOST_LEFT_OUT", 9)
    assert name in supported(found), "what the result keeps is drawn"
    found = {key: value for key, value in found.items() if key != "leave_one_out"}
    assert name not in supported(found)
    assert refits(name, found)
    with pytest.raises(NotDrawable, match="of up to 9 studies, not of 10"):
        figure_of(name, found)


def test_only_a_long_forest_plot_has_pages():
    assert len(pages_of("sroc", result(108))) == 1
    assert len(pages_of("forest", result(10))) == 1
    assert len(pages_of("forest", result(108))) == 2


def test_figures_are_as_wide_as_print_columns():
    widths = {round(figure_of(name, result(10)).get_size_inches()[0] * 25.4) for name in NAMES}
    assert widths == {85, 175}


def test_type_is_six_to_eight_points():
    for name in NAMES:
        sizes = [
            t.get_fontsize() for t in figure_of(name, result(108)).findobj(Text) if t.get_text()
        ]
        assert np.min(sizes) >= 5.5
        assert np.max(sizes) <= 8.0
