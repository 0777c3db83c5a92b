"""EndNote's tagged format: where a record begins, and texts over several paragraphs."""

import pytest

from reviews.searches.parsers import parse


def titles(text):
    return [record.title for record in parse(text.encode()).records]


@pytest.mark.parametrize(
    "text",
    [
        "%0 Book\n%T One\n%0 Book\n%T Two\n",
        "%0 Book\n%T One\n\n\n%0 Book\n%T Two\n",
        "%A A, B\n%T One\n\n%A C, D\n%T Two\n",
        "%T One\n%0 Book\n\n%T Two\n%0 Book\n",
        "%0 Serial\n%0 Audio\n%T One\n\n%0 Book\n%T Two",
        "%0 Book\n%T One\n%X First.\n\nSecond.\n%D 2001\n\n%0 Book\n%T Two\n",
    ],
)
def test_where_records_begin(text):
    assert titles(text) == ["One", "Two"]


def test_a_paragraph_after_a_blank_line_belongs_to_the_abstract():
    (record,) = parse(b"%0 Book\n%T One\n%X First.\n\nSecond.\n%D 2001\n").records
    assert (record.abstract, record.year) == ("First. Second.", 2001)
