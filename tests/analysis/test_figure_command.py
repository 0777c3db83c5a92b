"""``python -m analysis figure``: every kind and format, bad input, whole files only."""

import csv
import xml.etree.ElementTree as ET

import pytest

from analysis.__main__ import main
from analysis.commands import figure as command
from analysis.figures.catalogue import NAMES
from tests.analysis.pictures import LINK, SVG
from tests.analysis.tables import PERFECT_SENSITIVITY, XRAY, many

STARTS = {
    "svg": b"<?xml",
    "pdf": b"%PDF",
    "png": b"\x89PNG",
    "tif": b"II*\x00",
    "tiff": b"II*\x00",
    "SVG": b"<?xml",
}


def written(path, head, rows):
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([head, *rows])
    return str(path)


@pytest.fixture
def tables(tmp_path):
    head = ["study", "TP", "FP", "FN", "TN", "modality", "year", "page"]
    rows = [
        [f"Author {i}", *row, ["CT", "MRI"][i % 2], 2000 + 3 * i, f"https://x.org/{i}"]
        for i, row in enumerate(many(12))
    ]
    return written(tmp_path / "tables.csv", head, rows)


@pytest.fixture
def quality(tmp_path):
    head = ["Study", "Patient selection: risk of bias", "why", "Index test: applicability"]
    rows = [[f"Author {i}", ["low", "+", "?", "high"][i % 4], "said", "low"] for i in range(12)]
    return written(tmp_path / "quality.csv", head, rows)


def draw(capsys, out, *arguments) -> str:
    assert main(["figure", *arguments, "-o", str(out)]) == 0
    return capsys.readouterr().out


def refused(capsys, out, *arguments) -> str:
    """Return the sentence of a refusal that leaves nothing behind."""
    before = sorted(out.parent.iterdir())
    try:
        code = main(["figure", *arguments, "-o", str(out)])
    except SystemExit as error:
        code = error.code
    assert code == 2
    assert sorted(out.parent.iterdir()) == before
    return capsys.readouterr().err


@pytest.mark.parametrize("kind", NAMES)
def test_every_figure_of_a_result(capsys, tmp_path, tables, kind):
    out = tmp_path / "out.svg"
    assert str(out) in draw(capsys, out, kind, tables)
    root = ET.parse(out).getroot()  # noqa: S314 -- our own file
    assert root.get("role") == "img"
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize("suffix", STARTS)
def test_every_format(capsys, tmp_path, tables, suffix):
    out = tmp_path / f"out.{suffix}"
    draw(capsys, out, "sroc", tables)
    assert out.read_bytes().startswith(STARTS[suffix])
    # Readable by others, as any other new file.
    assert out.stat().st_mode & 0o444 == 0o444


def test_a_long_forest_plot_has_pages(capsys, tmp_path):
    rows = [[f"Author {i}", *row] for i, row in enumerate(many(108))]
    file = written(tmp_path / "many.csv", ["study", "TP", "FP", "FN", "TN"], rows)
    draw(capsys, tmp_path / "out.pdf", "forest", file)
    assert (tmp_path / "out.pdf").read_bytes().count(b"/Type /Page ") == 2


def test_prevalences(capsys, tmp_path, tables):
    out = tmp_path / "out.svg"
    draw(capsys, out, "tree", tables, "--prevalence", "10%", "--prevalence", "0.3")
    assert {"prevalence 10%", "prevalence 30%"} <= {
        text.split(", ")[-1] for text in texts_of(out) if text.startswith("1000 people")
    }
    draw(capsys, out, "tree", tables, "--condition", "a fracture")
    assert any("with a fracture" in text for text in texts_of(out))


def texts_of(path):
    return [node.text for node in ET.parse(path).iter(f"{SVG}text")]  # noqa: S314 -- our own file


@pytest.mark.parametrize("kind", ["forest", "sroc"])
def test_groups(capsys, tmp_path, tables, kind):
    out = tmp_path / "out.svg"
    draw(capsys, out, kind, tables, "--by", "modality")
    assert any("CT" in text for text in texts_of(out))


def test_links(capsys, tmp_path, tables):
    out = tmp_path / "out.svg"
    draw(capsys, out, "forest", tables, "--link", "page")
    links = {node.get(LINK) for node in ET.parse(out).iter(f"{SVG}a")}  # noqa: S314 -- our own
    assert links == {f"https://x.org/{i}" for i in range(12)}


def test_judgements_at_the_points(capsys, tmp_path, tables, quality):
    out = tmp_path / "out.svg"
    draw(capsys, out, "sroc", tables, "--quality", quality)
    assert "Slices clockwise from the top: Patient selection." in texts_of(out)


def test_metaregression(capsys, tmp_path, tables):
    out = tmp_path / "out.svg"
    draw(capsys, out, "metaregression", tables, "--by", "modality", "--by", "year")
    assert {"CT", "MRI"} <= set(texts_of(out))


@pytest.mark.parametrize("kind", ["quadas", "quadas-bars"])
def test_quality(capsys, tmp_path, quality, kind):
    out = tmp_path / "out.svg"
    draw(capsys, out, kind, quality)
    assert {"Patient selection", "Index test", "Risk of bias"} <= set(texts_of(out))


def test_thresholds(capsys, tmp_path):
    rows = [
        [f"S{i}", cut, 90 - 9 * j - i, 50 - 14 * j + i, 10 + 9 * j + i, 50 + 14 * j - i]
        for i in range(5)
        for j, cut in enumerate((2, 4, 8))
    ]
    file = written(tmp_path / "t.csv", ["id", "cut", "TP", "FP", "FN", "TN"], rows)
    out = tmp_path / "out.svg"
    draw(capsys, out, "thresholds", file, "--study", "id", "--threshold", "cut")
    assert "Cut (log scale)" in texts_of(out)


def test_missing_letters_are_reported_but_not_of_an_svg(capsys, tmp_path):
    rows = [[f"\U000133f5 {i}", *row] for i, row in enumerate(XRAY)]
    file = written(tmp_path / "h.csv", ["study", "TP", "FP", "FN", "TN"], rows)
    assert "No font on this machine" in draw(capsys, tmp_path / "out.png", "forest", file)
    assert "No font" not in draw(capsys, tmp_path / "out.svg", "forest", file)


def test_the_help_lists_the_command_and_the_kinds(capsys):
    with pytest.raises(SystemExit):
        main(["--help"])
    assert "figure" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        main(["figure", "--help"])
    told = " ".join(capsys.readouterr().out.split())
    assert all(kind in told for kind in [*NAMES, "quadas-bars", "thresholds", "metaregression"])


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["pie", "TABLES"], "invalid choice"),
        (["forest", "nowhere.csv"], "cannot be opened"),
        (["forest", "TABLES", "--prevalence", "0.1"], "--prevalence is for"),
        (["fagan", "TABLES", "--prevalence", "0"], "not between 0 and 1"),
        (["fagan", "TABLES", "--prevalence", "some"], "not between 0 and 1"),
        (["fagan", "TABLES", "--prevalence", "nan"], "not between 0 and 1"),
        (["fagan", "TABLES", "--prevalence", "0.1", "--prevalence", "0.2"], "one prevalence"),
        (["forest", "TABLES", "--by", "nothing"], "not exactly one column"),
        (["forest", "TABLES", "--by", "modality", "--by", "year"], "--by once"),
        (["sroc", "TABLES", "--by", "year"], "is a number"),
        (["deeks", "TABLES", "--by", "modality"], "--by is for"),
        (["forest", "TABLES", "--link", "nothing"], "no column"),
        (["forest", "TABLES", "--dpi", "72"], "300 to 1200"),
        (["metaregression", "TABLES"], "--by"),
        (["thresholds", "TABLES", "--study", "study"], "--threshold"),
        (["thresholds", "TABLES", "--study", "study", "--threshold", "page"], "is not a number"),
        (["quadas", "TABLES"], "No column holds judgements"),
        (["sroc", "TABLES", "--quality", "TABLES"], "No column holds judgements"),
    ],
)
def test_a_refusal_is_a_sentence_and_leaves_no_file(capsys, tmp_path, tables, arguments, sentence):
    told = refused(
        capsys, tmp_path / "out.svg", *(tables if x == "TABLES" else x for x in arguments)
    )
    assert sentence in told
    assert "Traceback" not in told


@pytest.mark.parametrize("name", ["out.jpg", "out", "out.svg.gz"])
def test_an_unknown_format_is_refused(capsys, tmp_path, tables, name):
    assert "does not end in .svg" in refused(capsys, tmp_path / name, "forest", tables)


def test_judgements_of_other_studies_are_refused(capsys, tmp_path, tables):
    other = written(tmp_path / "o.csv", ["study", "Flow"], [["Somebody else", "low"]])
    told = refused(capsys, tmp_path / "out.svg", "sroc", tables, "--quality", other)
    assert "names none of the studies" in told


def test_nothing_to_draw_is_refused(capsys, tmp_path):
    head = ["TP", "FP", "FN", "TN"]
    file = written(tmp_path / "perfect.csv", head, PERFECT_SENSITIVITY)
    assert "nothing to draw" in refused(capsys, tmp_path / "out.svg", "fagan", file)


def test_a_folder_that_is_not_there(capsys, tmp_path, tables):
    assert main(["figure", "sroc", tables, "-o", str(tmp_path / "no" / "out.svg")]) == 2
    assert "cannot be written" in capsys.readouterr().err


def test_a_file_that_cannot_be_replaced_leaves_nothing_beside_it(capsys, tmp_path, tables):
    (tmp_path / "out.svg").mkdir()
    assert "cannot be written" in refused(capsys, tmp_path / "out.svg", "sroc", tables)


def test_a_failed_drawing_keeps_the_old_file(capsys, tmp_path, tables):
    out = tmp_path / "out.svg"
    draw(capsys, out, "sroc", tables)
    before = out.read_bytes()
    assert main(["figure", "quadas", tables, "-o", str(out)]) == 2
    assert out.read_bytes() == before


def test_a_figure_too_large_for_pixels_is_refused(capsys, tmp_path):
    head = ["TP", "FP", "FN", "TN"]
    file = written(tmp_path / "long.csv", head, [[9, 1, 2, 20]] * 900)
    told = refused(capsys, tmp_path / "out.png", "forest", file, "--dpi", "1200")
    assert "take SVG or PDF" in told


def test_the_kinds_in_the_help_are_all_there_are():
    assert set(command._OTHERS) == {"metaregression", "thresholds", "quadas", "quadas-bars"}
