"""Which column of a table of records holds what: guessed from names, or told."""

import re
from collections.abc import Mapping, Sequence

# Field -> names of columns, the best first, letters and digits only; from the exports of Scopus,
# PubMed, Embase, Web of Science, Zotero, Lens, OpenAlex, Dimensions, Covidence, Rayyan, ASReview.
COLUMN_NAMES = {
    "title": "title articletitle documenttitle primarytitle titleprimary papertitle displayname "
    "recordtitle studytitle publictitle scientifictitle brieftitle officialtitle ti t1 "
    "originaltitle titles titel titulo título titre 题名 标题 篇名",
    "abstract": "abstract abstractnote abstracttext abstracts ab n2 notesabstract "
    "originalabstract briefsummary summary description zusammenfassung resumen résumé 摘要",
    "authors": "authors author authornames authorsname authorname authorsnames firstauthors "
    "authorlist authorshipsauthordisplayname authorfullnames af au a1 creators creator autor "
    "autoren autores auteurs 作者 firstauthor",
    "year": "year publicationyear publishedyear pubyear yearpublished py yr publicationdate "
    "datepublished coverdate pubdate published date y1 firstposted studyfirstposted startdate jahr "
    "año ano année 年 年份 发表时间",
    "journal": "journal journaltitle journalname publicationtitle sourcetitle journalbook "
    "secondarytitle containertitle publicationname primarylocationsourcedisplayname "
    "alternatetitle2 booktitle pubtitle t2 jf jo so publication zeitschrift revista revue "
    "刊名 来源 文献来源 source",
    "volume": "volume vol vl vi volumenumber 卷",
    "issue": "issue issuenumber journalissue number ip is 期",
    "pages": "pages page pagerange pagenumbers pagination 页码",
    "first_page": "pagestart startpage firstpage beginningpage bp sp",
    "last_page": "pageend endpage lastpage endingpage ep",
    "article_number": "artno articlenumber articleno ar",
    "doi": "doi doinumber digitalobjectidentifier dois doilink do di externalidsdoi",
    "pmid": "pmid pubmedid idspmid medlinepmid pubmedpmid pm",
    "pmcid": "pmcid pmc pubmedcentralid",
    "accession": "eid accessionnumber accession lensid openalexid utuniquewosid ut uniquewosid "
    "uniqueid pui embaseaccessionid publicationid nctnumber trialid",
    "issn": "issn issns issnisbn primarylocationsourceissnl printissn eissn isbn isbns sn",
    "keywords": "keywords keyword authorkeywords indexkeywords manualtags automatictags tags de "
    "emtreemedicalindextermsmajorfocus emtreemedicalindexterms emtreedrugindextermsmajorfocus "
    "emtreedrugindexterms subjects subjectterms descriptors ieeeterms conditions kw id 关键词",
    "mesh": "meshterms meshheadings mesh mh",
    "language": "language languages languageoforiginaldocument la",
    "type": "itemtype documenttype publicationtype typeofreference referencetype worktype "
    "articletype doctype studytype entrytype dt pt type",
    "url": "url link urls openurllink fulltextlink fulltexturl externalurl sourceurl articleurl "
    "documenturl studyurl plink pdflink ur",
}
# These are gathered from every column that has them; of the others the first filled one is taken.
GATHERED = frozenset({"keywords", "accession", "issn"})
FIELDS = tuple(COLUMN_NAMES)


def column_key(name: str) -> str:
    """Return a column's name as it is compared: small letters and digits only."""
    return re.sub(r"[\W_]+", "", name).lower()


def guess_mapping(header: Sequence[str]) -> dict[str, list[int]]:
    """Return for each field the columns that seem to hold it, the best first."""
    keys = [column_key(name) for name in header]
    mapping: dict[str, list[int]] = {}
    for field, written in COLUMN_NAMES.items():
        found = [i for name in written.split() for i, key in enumerate(keys) if key == name]
        if found:
            mapping[field] = found
    return mapping


def told_mapping(header: Sequence[str], told: Mapping[str, str]) -> dict[str, list[int]]:
    """Return the guess with the fields the user told put in place; "" means no column.

    A field or a column that does not exist is a mistake of the caller's and raises ValueError.
    """
    mapping = guess_mapping(header)
    names = [name.strip() for name in header]
    for field, column in told.items():
        if field not in COLUMN_NAMES:
            raise ValueError(f"There is no field {field!r} to map a column to.")
        if column and column not in names:
            raise ValueError(f"The file has no column {column!r}.")
        mapping[field] = [i for i, name in enumerate(names) if name == column] if column else []
    taken = {i for field in told for i in mapping[field]}
    for field, columns in mapping.items():
        if field not in told:
            mapping[field] = [i for i in columns if i not in taken]
    return {field: columns for field, columns in mapping.items() if columns}


def repeated_columns(header: Sequence[str]) -> list[int]:
    """Return the columns whose name an earlier one has already, capitals aside."""
    seen: set[str] = set()
    repeated = []
    for i, name in enumerate(header):
        key = column_key(name)
        if key and key in seen:
            repeated.append(i)
        seen.add(key)
    return repeated
