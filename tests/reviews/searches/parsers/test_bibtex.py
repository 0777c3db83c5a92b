"""BibTeX: names, values, LaTeX, and entries that are damaged or are none."""

import pytest

from reviews.searches.parsers import parse
from reviews.searches.parsers.bibtex_names import read_names
from reviews.searches.parsers.bibtex_values import evaluate
from reviews.searches.parsers.latex import plain_latex


def read(text):
    parsed = parse(text.encode(), format="bibtex")
    return list(parsed.records), parsed.problems


@pytest.mark.parametrize(
    ("written", "people"),
    [
        ("Doe, Jane and Roe, R. and others", ["Doe, Jane", "Roe, R."]),
        ("Jane M. Doe AND Jan van der Berg", ["Doe, Jane M.", "van der Berg, Jan"]),
        ("{Bone and Joint Group} and {WHO}", ["Bone and Joint Group", "WHO"]),
        ("Doe, Jr., Jane and Roe, R., III", ["Doe, Jane Jr.", "Roe, R. III"]),
        (r"M{\"u}ller, J{\o}rn and {\'E}mile Zola", ["Müller, Jørn", "Zola, Émile"]),
        ("Doe J and Roe RA", ["Doe, J", "Roe, RA"]),
        ("Plato", ["Plato"]),
        ("", []),
    ],
)
def test_people(written, people):
    assert read_names(written) == people


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        (r"Erd{\H o}s \& S{\o}n", "Erdős & Søn"),
        (r"\c{C}a{\u g}lar \v{S}im\'{\i}k \aa", "Çağlar Šimík å"),
        (r"$p<0.05$, CO$_2$ and 10$^{-3}$", "p<0.05, CO₂ and 10⁻³"),
        (r"$\alpha$-level $\geq 5$\,\%", "\u03b1-level ≥5 %"),
        (r"\emph{Bone} \textbf{mass}~loss", "Bone mass loss"),
        ("1--2 ---``quoted''", "1\u20132 \u2014\u201cquoted\u201d"),
        (r"a\_b and 100\%", "a_b and 100%"),
        ("nothing special", "nothing special"),
        ("a_b stays", "a_b stays"),
    ],
)
def test_latex(written, plain):
    assert plain_latex(written) == plain


def test_macros_months_and_joined_values():
    text = '@string{jb = "J. Bone"}\n@STRING(x = {X})\n@article{a, title = {T} # " " # x,\n'
    text += " journal = jb, year = 2001, month = mar, volume = {1 # 2}}"
    (record,), problems = read(text)
    assert (record.title, record.journal, record.year) == ("T X", "J. Bone", 2001)
    assert record.volume == "1 # 2"
    assert problems == []


@pytest.mark.parametrize("value", ["a{#", '"#', "#", '#"#{', "{#"])
def test_a_joining_sign_that_joins_nothing_is_kept_or_dropped_but_no_loop(value):
    assert isinstance(evaluate(value, {}), str)


def test_comments_hold_no_entries_and_text_between_is_none():
    text = "Free text, e-mail me@example.org.\n@comment{ @article{a, title={No}} }\n"
    text += "@article{b, title={Yes}}\n% @article is a word here\n@preamble{ {x} }\n"
    records, _ = read(text)
    assert [record.title for record in records] == ["Yes"]


@pytest.mark.parametrize(
    "damaged",
    [
        "@article{a, title={One {two}, year=2001\n}",
        '@article{a, title="One two, year=2001\n}',
        "@article{a\n title={One two}, year=2001\n}",
        "@article{a, title={One two} year=2001\n}",
        "@article{a, title={One two}, year=2001",
    ],
)
def test_damage_is_said_and_costs_no_neighbour(damaged):
    (first, second), problems = read(f"{damaged}\n@book{{b, title={{Next}}, year={{2002}}}}\n")
    assert first.title.startswith("One two")
    assert (second.title, second.year, second.line) == ("Next", 2002, damaged.count("\n") + 2)
    assert problems[0].line == 1


def test_entries_without_line_ends_between_them_are_all_read():
    text = "".join(f"@article{{k{n}, title={{T{n}}}}}" for n in range(50))
    records, problems = read(text)
    assert [record.title for record in records] == [f"T{n}" for n in range(50)]
    assert problems == []


def test_a_field_given_twice_is_said_and_the_first_counts():
    (record,), problems = read("@article{a, title={A}, title={B}, keywords={x}, keywords={y}}")
    assert (record.title, record.keywords) == ("A", ["x", "y"])
    assert "more than once" in problems[0].reason
