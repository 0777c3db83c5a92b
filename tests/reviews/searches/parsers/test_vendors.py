"""Where each vendor puts its fields and identifiers, by exports in its manner."""

import pytest

from reviews.searches.parsers import parse
from tests.reviews.searches.parsers import vendors

TITLE = "Osteoporosis on hand radiographs"
vendors.DOI, PMID = "10.99999/ibj.2019.101", "30123456"
WHOLE = {"title": TITLE, "year": 2019, "volume": "12", "issue": "3", "pages": "101-109"}


@pytest.mark.parametrize(
    ("text", "format_", "expected"),
    [
        (
            vendors.EMBASE,
            "ris",
            WHOLE | {"doi": vendors.DOI, "authors": ["Lindqvist, P.", "Okonkwo, A.B."]},
        ),
        (vendors.EMBASE, "ris", {"accessions": {"embase": "L2001234567"}}),
        (vendors.OVID_RIS, "ris", WHOLE | {"pmid": PMID, "journal": "Invented Bone Journal"}),
        (vendors.EBSCO, "ris", WHOLE | {"doi": vendors.DOI, "pmid": PMID, "issn": "1234-5678"}),
        (
            vendors.PROQUEST,
            "ris",
            WHOLE | {"doi": vendors.DOI, "pmid": PMID, "language": "English"},
        ),
        (vendors.CENTRAL, "ris", WHOLE | {"doi": vendors.DOI, "pmid": PMID}),
        (vendors.CENTRAL, "ris", {"accessions": {"central": "CN-01234567"}}),
        (vendors.SCOPUS, "ris", WHOLE | {"doi": vendors.DOI, "pmid": PMID, "pages": "e0101"}),
        (vendors.SCOPUS, "ris", {"accessions": {"scopus": "2-s2.0-85012345678"}}),
        (vendors.IEEE, "ris", {"doi": "10.1109/invent.2019.101", "year": 2019, "pages": "101-109"}),
        (vendors.LILACS, "ris", WHOLE | {"journal": "Rev. inv. huesos", "language": "es"}),
        (vendors.ZOTERO, "ris", WHOLE | {"doi": vendors.DOI, "keywords": ["Bones"]}),
        (vendors.SCHOLAR_ENDNOTE, "endnote_tagged", WHOLE | {"issn": "1234-5678"}),
        (
            vendors.ENDNOTE,
            "endnote_tagged",
            {"doi": vendors.DOI, "pmid": PMID, "keywords": ["Bones", "Humans"]},
        ),
        (vendors.ENDNOTE, "endnote_tagged", {"abstract": "Radiographs were read. They were many."}),
        (vendors.ENDNOTE, "endnote_tagged", {"accessions": {"pmcid": "PMC6543210"}}),
        (
            vendors.SCHOLAR_BIBTEX,
            "bibtex",
            WHOLE | {"authors": ["Lindqvist, Per", "Okonkwo, Ada B"]},
        ),
        (
            vendors.SCOPUS_BIBTEX,
            "bibtex",
            WHOLE | {"doi": vendors.DOI, "keywords": ["Bone", "Radiography"]},
        ),
        (vendors.SCOPUS_BIBTEX, "bibtex", {"accessions": {"scopus": "2-s2.0-85012345678"}}),
        (
            vendors.WOS_BIBTEX,
            "bibtex",
            WHOLE | {"doi": vendors.DOI, "issn": "1234-5678; 1234-5686"},
        ),
        (vendors.WOS_BIBTEX, "bibtex", {"accessions": {"wos": "WOS:000123456700001"}}),
        (
            vendors.WOS_TABBED,
            "csv",
            WHOLE | {"doi": vendors.DOI, "pmid": PMID, "keywords": ["Bone", "Hand"]},
        ),
        (vendors.WOS_TABBED, "csv", {"authors": ["Lindqvist, Per", "Okonkwo, Ada B."]}),
        (
            vendors.WOS,
            "wos",
            WHOLE | {"doi": vendors.DOI, "pmid": PMID, "keywords": ["bones", "hand radiographs"]},
        ),
        (vendors.WOS, "wos", {"authors": ["Lindqvist, Per", "Okonkwo, Ada B."]}),
        (
            vendors.PUBMED_CSV,
            "csv",
            {"title": TITLE, "doi": vendors.DOI, "pmid": PMID, "year": 2019},
        ),
        (vendors.PUBMED_CSV, "csv", {"authors": ["Lindqvist, P", "Okonkwo, AB"]}),
        (vendors.TRIALS_CSV, "csv", {"title": TITLE, "year": 2019, "type": "INTERVENTIONAL"}),
        (vendors.TRIALS_CSV, "csv", {"accessions": {"clinicaltrials.gov": "NCT01234567"}}),
        (vendors.RAYYAN_CSV, "csv", WHOLE | {"doi": vendors.DOI, "pmid": PMID, "language": "eng"}),
        (vendors.OVID_LABELLED, "ovid_tagged", WHOLE | {"doi": vendors.DOI, "pmid": PMID}),
        (vendors.OVID_SHORT, "ovid_tagged", WHOLE | {"doi": vendors.DOI, "pmid": PMID}),
        (vendors.OVID_SHORT, "ovid_tagged", {"authors": ["Lindqvist, P", "Okonkwo, AB"]}),
        (
            vendors.PUBMED_XML,
            "pubmed_xml",
            {"title": TITLE, "doi": vendors.DOI, "pmid": PMID, "year": 2019},
        ),
        (vendors.PUBMED_XML, "pubmed_xml", {"accessions": {"pmcid": "PMC6543210"}}),
        (
            vendors.ENDNOTE_XML,
            "endnote_xml",
            {"title": TITLE, "doi": vendors.DOI, "pmid": PMID, "year": 2019},
        ),
    ],
)
def test_fields_and_identifiers_wherever_a_vendor_puts_them(text, format_, expected):
    parsed = parse(text.encode())
    record = next(parsed.records)
    assert parsed.format == format_
    got = {name: getattr(record, name) for name in expected}
    if format_ == "ovid_tagged" and "title" in got:
        got["title"] = got["title"].rstrip(".")
    assert got == expected
    rest = list(parsed.records)
    assert all(each.title for each in rest)
    parsed.records.close()


def test_an_article_number_in_ovids_source_stands_for_the_pages():
    text = (
        "<1>\nTI  - x\nDB  - Embase\nPM  - 30123456 [http://www.ncbi.nlm.nih.gov/pubmed/?term=1]\n"
    )
    text += (
        "SO  - Invented Health. 19 (1) (no pagination), 2019. Article Number: 123. Date: 2019.\n"
    )
    (record,) = parse(text.encode()).records
    assert (record.pages, record.volume, record.issue) == ("123", "19", "1")
    assert (record.year, record.pmid, record.journal) == (2019, "30123456", "Invented Health")


def test_structured_abstracts_keep_their_labels():
    record, book = parse(vendors.PUBMED_XML.encode()).records
    assert record.sections == [("BACKGROUND", "H2O & bones."), ("METHODS", "p < 0.05 here.")]
    assert record.authors == ["Lindqvist, Per", "Bone Group"]
    assert (book.title, book.year, book.pmid) == ("Bones", 2018, "30000001")


def test_a_stray_sign_in_xml_costs_nothing_but_is_read_as_text():
    _, second = parse(vendors.ENDNOTE_XML.encode()).records
    assert second.title == "A & B < C"
