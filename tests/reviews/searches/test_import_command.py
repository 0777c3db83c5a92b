"""``manage.py import_records``: the same as a click, told in sentences."""

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from reviews.models import ImportBatch, Record, Search, SearchEvent, Source
from reviews.searches import services
from tests.factories import SearchFactory, SourceFactory
from tests.reviews.searches.conftest import ris

pytestmark = pytest.mark.django_db


@pytest.fixture
def run(review, lead, capsys):
    """Run the command and return what it wrote."""

    def run(*paths, source="MEDLINE", by=None, **options):
        arguments = {"source": source, "email": (by or lead).email, **options}
        call_command("import_records", review.pk, *map(str, paths), **arguments)
        return capsys.readouterr().out

    return run


@pytest.fixture
def file(tmp_path):
    def file(name, content):
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return file


def test_files_go_in_and_the_source_and_search_are_made(run, file, review, lead):
    told = run(file("a.ris", ris(3)), file("b.ris", ris(2, title="Another")))
    assert "a.ris: 3 records in, RIS" in told
    assert "b.ris: 2 records in" in told
    assert Record.objects.in_review(review).count() == 5
    assert Source.objects.get().name == "MEDLINE"
    assert Search.objects.count() == 1
    assert ImportBatch.objects.filter(uploaded_by=lead).count() == 2


def test_the_trail_names_who_did_it(run, file, lead):
    run(file("a.ris", ris(1)))
    context = SearchEvent.objects.get().pgh_context.metadata
    assert (context["user"], context["command"]) == (lead.pk, "import_records")


def test_a_source_and_its_last_search_are_taken_as_they_are(run, file, review):
    source = SourceFactory(review=review, name="Medline", platform="Ovid")
    old, new = (SearchFactory(review=review, source=source, run_on=f"202{n}-01-01") for n in (3, 4))
    run(file("a.ris", ris(1)), source="MEDLINE")
    assert new.batches.count() == 1
    run(file("b.ris", ris(2)), source="MEDLINE", date=old.run_on)
    assert old.batches.count() == 1


def test_a_bad_file_says_why_and_the_others_still_go_in(run, file, review, capsys, tmp_path):
    paths = [file("bad.ris", b"%PDF-1.7"), tmp_path / "nowhere.ris", file("good.ris", ris(2))]
    with pytest.raises(CommandError, match="2 of 3 files not imported"):
        run(*paths)
    said = capsys.readouterr()
    assert "good.ris: 2 records in" in said.out
    assert "bad.ris: not imported. " in said.err
    assert "PDF" in said.err
    assert "nowhere.ris: No such file" in said.err
    assert Record.objects.in_review(review).count() == 2


def test_the_same_file_twice_says_so(run, file, capsys):
    path = file("a.ris", ris(2))
    run(path)
    with pytest.raises(CommandError):
        run(path)
    assert "imported into this search already" in capsys.readouterr().err


def test_problems_are_told_with_their_lines(run, file):
    told = run(file("a.ris", b"TY  - JOUR\nTI  - A title of some length\nPY  - 20222\nER  - \n"))
    assert "1 record in" in told
    assert "1 problem" in told
    assert "line 1: The year could not be read. 20222" in told


@pytest.mark.parametrize(
    ("who", "sentence"), [("outsider", "is not a member"), ("observer", "may not import")]
)
def test_only_members_who_may_import_do(run, file, request, who, sentence):
    with pytest.raises(CommandError, match=sentence):
        run(file("a.ris", ris(1)), by=request.getfixturevalue(who))
    assert not ImportBatch.objects.exists()


def test_an_unknown_person_or_an_ambiguous_source_gets_a_sentence(run, file, review):
    with pytest.raises(CommandError, match="Nobody here"):
        run(file("a.ris", ris(1)), email="nobody@example.org")
    for platform in ("Ovid", "PubMed"):
        SourceFactory(review=review, name="MEDLINE", platform=platform)
    with pytest.raises(CommandError, match="--platform"):
        run(file("a.ris", ris(1)))
    assert "1 record in" in run(file("a.ris", ris(1)), platform="ovid")


def test_a_file_told_to_be_another_format_is_read_as_that(run, file, review):
    run(file("a.txt", b"title\nBone on film\n"), format="csv")
    assert Record.objects.get().title == "Bone on film"


def test_the_same_file_in_another_search_is_said(review, lead, search, bring_in):
    bring_in(ris(2))
    other = SearchFactory(review=review)
    batch = bring_in(ris(2), into=other)
    assert [each.search for each in services.same_file_elsewhere(batch)] == [search]
