"""The demo's export files, and what is decided about the records in them."""

import re
from collections import Counter, defaultdict
from itertools import combinations

import pytest

from reviews.demo import facts
from reviews.demo.keys import record_key
from reviews.protocol.roles import can
from tests.reviews.demo.readers import read_records

INVENTED = "[Invented record for this demonstration.]"
SUMMARY = "[Summary written for this demonstration; not the published abstract.]"
ROLES_OF = {person["code"]: person["roles"] for person in facts.PEOPLE}
TEXT_FILES = {".ris", ".nbib", ".csv", ".txt", ".bib", ".xml", ".ciw", ".enw"}


def key_of(record):
    return record_key(doi=record["doi"], title=record["title"])


def first_author(record):
    return re.split(r"[ ,]", record["authors"][0])[0].lower() if record["authors"] else ""


def matching_keys(record):
    """Return what makes two records one without a doubt: DOI, or title, year, first author."""
    title = record_key(doi="", title=record["title"])
    yield ("title", title, record["year"], first_author(record))
    if record["doi"]:
        yield ("doi", record_key(doi=record["doi"], title=""))


@pytest.fixture(scope="module")
def files():
    return {s["file"]: read_records(facts.DATA / s["file"], s["format"]) for s in facts.SEARCHES}


@pytest.fixture(scope="module")
def records(files):
    return [record for rows in files.values() for record in rows]


@pytest.fixture(scope="module")
def groups(records):
    """Return the records grouped by what identifies them, as lists."""
    parent = list(range(len(records)))

    def find(i):
        while parent[i] != i:
            i = parent[i]
        return i

    seen = {}
    for i, record in enumerate(records):
        for key in matching_keys(record):
            parent[find(i)] = find(seen.setdefault(key, i))
    gathered = defaultdict(list)
    for i, record in enumerate(records):
        gathered[find(i)].append(record)
    return list(gathered.values())


@pytest.mark.parametrize("search", facts.SEARCHES, ids=lambda search: search["source"])
def test_the_last_line_of_a_strategy_gives_the_number_of_records_in_the_file(search, files):
    assert search["strategy"][-1][1] == search["hits"] == len(files[search["file"]])


def test_four_files_in_three_formats_hold_360_records_of_300_reports(files, groups):
    assert {s["format"] for s in facts.SEARCHES} == {"nbib", "ris", "csv"}
    assert sum(map(len, files.values())) == 360
    assert len(groups) == 300
    assert sum((facts.DATA / name).stat().st_size for name in files) < 1_000_000


def test_copies_differ_as_vendors_make_them_differ(groups):
    pairs = [pair for group in groups for pair in combinations(group, 2)]
    assert any(a["title"] != b["title"] for a, b in pairs)
    assert any(bool(a["doi"]) != bool(b["doi"]) for a, b in pairs)
    assert any(a["doi"].isupper() != b["doi"].isupper() for a, b in pairs)
    assert any(a["authors"] != b["authors"] for a, b in pairs)


def test_three_pairs_are_only_possibly_the_same_report(groups):
    kept = [group[0] for group in groups]
    near = [(a, b) for a, b in combinations(kept, 2) if _look_alike(a) == _look_alike(b)]
    years = [sorted((a["year"], b["year"])) for a, b in near]
    assert len(years) == 3
    assert sum(first == "" for first, _ in years) == 1
    assert all(int(last) - int(first) == 1 for first, last in years if first)
    decided = {decision.record for decision in facts.DECISIONS}
    assert not decided & {key_of(record) for pair in near for record in pair}


def _look_alike(record):
    title = record_key(doi="", title=record["title"])
    return title, first_author(record)


def test_every_record_says_that_it_is_invented_or_summarised(records):
    for record in records:
        invented = record["abstract"].endswith(INVENTED)
        assert invented != record["abstract"].endswith(SUMMARY)
        if invented:
            assert record["journal"].lower().startswith("invented ")
        if record["doi"]:
            assert key_of(record).startswith("doi:10.5555/") == invented
    assert all(record["abstract"].endswith(SUMMARY) for record in facts.HAND_RECORDS)


def test_no_sentence_stands_in_two_invented_records(groups):
    sentences = Counter()
    for group in groups:
        if group[0]["abstract"].endswith(INVENTED):
            body = group[0]["abstract"].removesuffix(INVENTED)
            sentences.update({s for s in re.split(r"(?<=[.?]) ", body) if len(s) > 25})
    # A possible duplicate repeats its twin.
    assert max(sentences.values()) == 2
    assert sum(count > 1 for count in sentences.values()) <= 3 * 8


def test_every_decision_is_about_a_record_that_exists(records):
    known = {key_of(record) for record in records}
    by_hand = {key_of(record) for record in facts.HAND_RECORDS}
    for row in (*facts.DECISIONS, *facts.SETTLEMENTS, *facts.RETRIEVALS):
        assert row.record in known | by_hand
    for study in facts.STUDIES:
        assert set(study.reports) <= known | by_hand
    on_abstracts = {d.record for d in facts.DECISIONS if d.stage == "title_abstract"}
    assert not on_abstracts & by_hand


def test_decisions_use_the_words_of_the_protocol():
    reasons = {code: stages for code, _, stages in facts.EXCLUSION_REASONS}
    reviewers = {code for code, roles in ROLES_OF.items() if can(roles, "screen")}
    for decision in facts.DECISIONS:
        assert decision.reviewer in reviewers
        assert decision.verdict in {"include", "maybe", "exclude"}
        assert not decision.reason or decision.stage in reasons[decision.reason]
        if decision.stage == "full_text":
            assert decision.verdict != "maybe"
            assert bool(decision.reason) == (decision.verdict == "exclude")
    keys = [(d.record, d.stage, d.reviewer) for d in facts.DECISIONS]
    assert len(keys) == len(set(keys))


def verdicts(stage):
    found = defaultdict(dict)
    for decision in facts.DECISIONS:
        if decision.stage == stage:
            found[decision.record][decision.reviewer] = decision.verdict
    return found


def in_conflict(both):
    return len(both) == 2 and len({v == "exclude" for v in both.values()}) == 2


@pytest.mark.parametrize("stage", ["title_abstract", "full_text"])
def test_some_conflicts_are_settled_and_some_are_open(stage):
    conflicts = {record for record, both in verdicts(stage).items() if in_conflict(both)}
    settled = {s.record: s for s in facts.SETTLEMENTS if s.stage == stage}
    assert set(settled) < conflicts
    for record, settlement in settled.items():
        took_part = settlement.by in verdicts(stage)[record]
        assert took_part == (settlement.how == "consensus") == bool(settlement.confirmed_by)
        assert took_part or can(ROLES_OF[settlement.by], "adjudicate")


def outcome(stage, record, both):
    settled = {(s.stage, s.record): s.verdict for s in facts.SETTLEMENTS}
    if (stage, record) in settled:
        return settled[stage, record]
    if len(both) < 2 or in_conflict(both):
        return "pending"
    return "exclude" if "exclude" in both.values() else "include"


def test_reports_are_sought_for_what_passed_titles_and_abstracts_and_no_more():
    passed = {
        record
        for record, both in verdicts("title_abstract").items()
        if outcome("title_abstract", record, both) == "include"
    }
    by_hand = {key_of(record) for record in facts.HAND_RECORDS}
    assert {row.record for row in facts.RETRIEVALS} == passed | by_hand
    assert len(facts.RETRIEVALS) == len({row.record for row in facts.RETRIEVALS})
    retrieved = {row.record for row in facts.RETRIEVALS if row.status == "retrieved"}
    assert set(verdicts("full_text")) <= retrieved
    statuses = Counter(row.status for row in facts.RETRIEVALS)
    assert statuses["not_retrieved"] == 4
    assert statuses["sought"] == 4


def test_the_reports_included_are_those_of_the_studies_and_none_is_invented():
    included = {
        record
        for record, both in verdicts("full_text").items()
        if outcome("full_text", record, both) == "include"
    }
    assert included == {report for study in facts.STUDIES for report in study.reports}
    assert not any("10.5555" in record for record in included)


def test_something_is_left_to_screen(groups):
    decided = verdicts("title_abstract")
    waiting = [g for g in groups if not any(key_of(record) in decided for record in g)]
    assert len(waiting) > 25
    assert sum(len(both) == 1 for both in decided.values()) > 10


def test_no_text_is_that_of_a_reference_abstract(records, reference):
    files = (path for path in reference.rglob("*") if path.suffix in TEXT_FILES)
    texts = (path.read_text(encoding="utf-8", errors="replace") for path in files)
    theirs = {sentence for text in texts for sentence in sentences(text)}
    assert len(theirs) > 10_000
    abstracts = (record["abstract"] for record in (*records, *facts.HAND_RECORDS))
    ours = {sentence for text in abstracts for sentence in sentences(text)}
    assert len(ours) > 500
    assert not ours & theirs


def sentences(text):
    flat = " ".join(text.lower().split())
    return {found for found in re.split(r"(?<=[.?:;]) ", flat) if len(found) > 40}
