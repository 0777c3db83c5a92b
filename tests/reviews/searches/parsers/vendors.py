"""Exports in the manner of each vendor, invented for the tests."""

EMBASE = """\
TY  - JOUR
M3  - Article
M1  - (Lindqvist P.) Invented University, Lund, Sweden
A1  - Lindqvist P.
A1  - Okonkwo A.B.
T1  - Osteoporosis on hand radiographs
Y1  - 2019//
N2  - Radiographs were read.
KW  - bone density; radiography
JF  - Invented Bone Journal
JA  - Invent. Bone J.
VL  - 12
IS  - 3
SP  - 101
EP  - 109
SN  - 1234-5678
L2  - https://www.embase.com/search/results?subaction=viewrecord&id=L2001234567
U2  - L2001234567
U3  - 2019-02-14
DO  - 10.99999/ibj.2019.101
ER  -
"""
OVID_RIS = """\
1.
TY  - JOUR
ID  - 30123456
T1  - Osteoporosis on hand radiographs
A1  - Lindqvist, Per
Y1  - 2019//
N2  - BACKGROUND: Why. METHODS: How.
KW  - *Bone Density
KW  - Radiography/mt [Methods]
JF  - Invented Bone Journal
JA  - Invent Bone J
VL  - 12
IS  - 3
SP  - 101
EP  - 109
CY  - England
UR  - https://ovidsp.ovid.com/ovidweb.cgi?T=JS&CSC=Y&NEWS=N&PAGE=fulltext&D=med16&AN=30123456
ER  -
"""
EBSCO = """\
TY  - JOUR
ID  - 141234567
T1  - Osteoporosis on hand radiographs
AU  - Lindqvist, Per
N1  - Accession Number: 141234567. Language: English. Entry Date: 20200101. PMID: NLM30123456.
JF  - Invented Bone Journal
JO  - Invented Bone Journal
JA  - INVENT BONE J
SN  - 1234-5678
PY  - 2019
VL  - 12
IS  - 3
SP  - 101
EP  - 109
DO  - 10.99999/ibj.2019.101
DP  - EBSCOhost
DB  - ccm
UR  - https://search.ebscohost.com/login.aspx?direct=true&db=ccm&AN=141234567
ER  -
"""
PROQUEST = """\
TY  - JOUR
AB  - Radiographs were read.
AU  - Lindqvist, Per
AU  - Okonkwo, Ada
AN  - 2123456789; 30123456
DA  - 2019/03/15/
PY  - 2019
DO  - 10.99999/ibj.2019.101
DP  - ProQuest One Academic
IS  - 3
J2  - Invent Bone J
JF  - Invented Bone Journal
LA  - English
SP  - 101
EP  - 109
T1  - Osteoporosis on hand radiographs
UR  - https://www.proquest.com/docview/2123456789
VL  - 12
ER  -
"""
CENTRAL = """\
TY  - JOUR
AN  - CN-01234567
AU  - Lindqvist P
TI  - Osteoporosis on hand radiographs
JA  - Invented Bone Journal
PY  - 2019
VL  - 12
IS  - 3
SP  - 101\u2010109
M3  - Journal article
DO  - 10.99999/ibj.2019.101
C3  - PUBMED 30123456,EMBASE 2001234567
UR  - https://www.cochranelibrary.com/central/doi/10.1002/central/CN-01234567/full
ER  -
"""
SCOPUS = """\
TY  - JOUR
AU  - Lindqvist, P.
AU  - Okonkwo, A.B.
TI  - Osteoporosis on hand radiographs
PY  - 2019
T2  - Invented Bone Journal
VL  - 12
IS  - 3
C7  - e0101
DO  - 10.99999/ibj.2019.101
UR  - https://www.scopus.com/inward/record.uri?eid=2-s2.0-85012345678&doi=10.99999%2fibj.2019.101
N1  - Export Date: 15 March 2019; Cited By: 3
C2  - 30123456
DB  - Scopus
M3  - Article
ER  -
"""
IEEE = """\
TY  - CONF
TI  - Osteoporosis on hand radiographs
T2  - 2019 Invented Conference on Bones
SP  - 101
EP  - 109
AU  - P. Lindqvist
PY  - 2019
KW  - Bones;Radiography
DO  - 10.1109/INVENT.2019.101
JO  - 2019 Invented Conference on Bones
IS  -
SN  -
VO  -
VL  -
JA  - 2019 Invented Conference on Bones
Y1  - 15-17 March 2019
ER  -
"""
LILACS = """\
TY  - JOUR
ID  - lil-123456
DB  - LILACS
TI  - Osteoporosis on hand radiographs
AU  - Lindqvist, Per
Y1  - 2019 mar
JO  - Rev. inv. huesos
VL  - 12
IS  - 3
SP  - 101
EP  - 109
UR  - http://www.scielo.br/pdf/inv/v12n3/101.pdf
LA  - es
ER  -
"""
ZOTERO = """\
TY  - JOUR
TI  - Osteoporosis on hand radiographs
AU  - Lindqvist, Per
T2  - Invented Bone Journal
AB  - Radiographs were read.
DA  - 2019/03//
PY  - 2019
DO  - 10.99999/ibj.2019.101
DP  - PubMed
VL  - 12
IS  - 3
SP  - 101
EP  - 109
J2  - Invent Bone J
LA  - eng
SN  - 1234-5678
KW  - Bones
ER  -
"""
SCHOLAR_ENDNOTE = """\
%0 Journal Article
%T Osteoporosis on hand radiographs
%A Lindqvist, Per
%A Okonkwo, Ada B
%J Invented Bone Journal
%V 12
%N 3
%P 101-109
%@ 1234-5678
%D 2019
%I Inventors

"""
ENDNOTE = """\
%0 Journal Article
%A Lindqvist, P.
%A Okonkwo, A. B.
%+ Invented University, Lund.
%D 2019
%T Osteoporosis on hand radiographs
%B Invent Bone J
%V 12
%N 3
%P 101-9
%8 Mar 15
%! Osteoporosis on hand radiographs
%@ 1234-5678 (Print)
1234-5678 (Linking)
%M 30123456
%2 PMC6543210
%R 10.99999/ibj.2019.101
%X Radiographs were read.

They were many.
%K Bones
Humans
%~ PubMed
%G eng

%0 Book
%A Okonkwo, A. B.
%D 2018
%T Bones

"""
SCHOLAR_BIBTEX = """\
@article{lindqvist2019osteoporosis,
  title={Osteoporosis on hand radiographs},
  author={Lindqvist, Per and Okonkwo, Ada B and others},
  journal={Invented Bone Journal},
  volume={12},
  number={3},
  pages={101--109},
  year={2019},
  publisher={Inventors}
}
"""
SCOPUS_BIBTEX = """\
Scopus
EXPORT DATE: 15 March 2019

@ARTICLE{Lindqvist2019101,
\tauthor = {Lindqvist, Per and Okonkwo, Ada B.},
\ttitle = {Osteoporosis on hand radiographs},
\tyear = {2019},
\tjournal = {Invented Bone Journal},
\tvolume = {12},
\tnumber = {3},
\tpages = {101 \u2013 109},
\tdoi = {10.99999/ibj.2019.101},
\turl = {https://www.scopus.com/inward/record.uri?eid=2-s2.0-85012345678},
\tabstract = {Radiographs were read. © 2019 The Authors.},
\tauthor_keywords = {Bone; Radiography},
\ttype = {Article},
\tsource = {Scopus},
\tnote = {Cited by: 3}
}
"""
WOS_BIBTEX = """\

@article{ WOS:000123456700001,
Author = {Lindqvist, Per and Okonkwo, Ada B.},
Title = {{Osteoporosis on hand radiographs}},
Journal = {{INVENTED BONE JOURNAL}},
Year = {{2019}},
Volume = {{12}},
Number = {{3}},
Pages = {{101-109}},
DOI = {{10.99999/ibj.2019.101}},
ISSN = {{1234-5678}},
EISSN = {{1234-5686}},
Unique-ID = {{WOS:000123456700001}},
}
"""
WOS_TABBED = (
    "PT\tAU\tAF\tTI\tSO\tLA\tDT\tDE\tAB\tSN\tPY\tVL\tIS\tBP\tEP\tAR\tDI\tUT\tPM\n"
    "J\tLindqvist, P; Okonkwo, AB\tLindqvist, Per; Okonkwo, Ada B.\tOsteoporosis on hand"
    " radiographs\tINVENTED BONE JOURNAL\tEnglish\tArticle\tBone; Hand\tRadiographs were read."
    "\t1234-5678\t2019\t12\t3\t101\t109\t\t10.99999/ibj.2019.101\tWOS:000123456700001\t30123456\n"
)
WOS = """\
FN Clarivate Analytics Web of Science
VR 1.0
PT J
AU Lindqvist, P
   Okonkwo, AB
AF Lindqvist, Per
   Okonkwo, Ada B.
TI Osteoporosis on hand
   radiographs
SO INVENTED BONE JOURNAL
DE bones; hand
   radiographs
SN 1234-5678
PD MAR 15
PY 2019
VL 12
IS 3
BP 101
EP 109
DI 10.99999/ibj.2019.101
UT WOS:000123456700001
PM 30123456
ER

EF
"""
PUBMED_CSV = (
    "PMID,Title,Authors,Citation,First Author,Journal/Book,Publication Year,Create Date,PMCID,"
    "NIHMS ID,DOI\n"
    '30123456,Osteoporosis on hand radiographs,"Lindqvist P, Okonkwo AB.","Invent Bone J. 2019'
    ' Mar 15;12(3):101-109.",Lindqvist P,Invent Bone J,2019,2019/03/16,PMC6543210,,'
    "10.99999/ibj.2019.101\n"
)
TRIALS_CSV = (
    "NCT Number,Study Title,Study URL,Study Status,Brief Summary,Conditions,Study Type,"
    "First Posted\n"
    "NCT01234567,Osteoporosis on hand radiographs,https://clinicaltrials.gov/study/NCT01234567,"
    "COMPLETED,Radiographs are read.,Osteoporosis|Fracture,INTERVENTIONAL,2019-03-15\n"
)
RAYYAN_CSV = (
    "key,title,year,month,day,journal,issn,volume,issue,pages,authors,url,language,publisher,"
    "location,abstract,notes,doi,keywords,pubmed_id,pmc_id\n"
    "rayyan-1,Osteoporosis on hand radiographs,2019,3,15,Invented Bone Journal,1234-5678,12,3,"
    '101-109,"Lindqvist, Per and Okonkwo, Ada B.",https://doi.org/10.99999/ibj.2019.101,eng,,,'
    "Radiographs were read.,,,,30123456,PMC6543210\n"
)
OVID_LABELLED = """\
<1>
Unique Identifier
  30123456
Title
  Osteoporosis on hand radiographs.
Source
  Invented Bone Journal. 12(3):101-109, 2019 Mar 15.
Authors
  Lindqvist P; Okonkwo AB
Abstract
  Radiographs were read.
Digital Object Identifier
  10.99999/ibj.2019.101
Year of Publication
  2019

<2>
Title
  Another.
"""
OVID_SHORT = """\
<1>
UI  - 30123456
TI  - Osteoporosis on hand radiographs.
SO  - Invented Bone Journal. 12(3):101-109, 2019 Mar 15.
AU  - Lindqvist P
AU  - Okonkwo AB
AB  - Radiographs were read.
DO  - 10.99999/ibj.2019.101
YR  - 2019

<2>
TI  - Another.
"""
PUBMED_XML = """\
<?xml version="1.0" ?>
<!DOCTYPE PubmedArticleSet PUBLIC "-//NLM//DTD PubMedArticle, 1st January 2019//EN" "http://x/">
<PubmedArticleSet>
<PubmedArticle><MedlineCitation><PMID Version="1">30123456</PMID><Article><Journal>
<ISSN>1234-5678</ISSN><JournalIssue><Volume>12</Volume><Issue>3</Issue><PubDate>
<MedlineDate>2019 Mar-Apr</MedlineDate></PubDate></JournalIssue><Title>Invented Bone Journal</Title>
</Journal><ArticleTitle>Osteoporosis on <i>hand</i> radiographs</ArticleTitle><Pagination>
<MedlinePgn>101-9</MedlinePgn></Pagination>
<ELocationID EIdType="doi" ValidYN="Y">10.99999/IBJ.2019.101</ELocationID>
<Abstract><AbstractText Label="BACKGROUND">H<sub>2</sub>O &amp; bones.</AbstractText>
<AbstractText Label="METHODS">p &lt; 0.05 &nbsp;here.</AbstractText></Abstract>
<AuthorList><Author><LastName>Lindqvist</LastName><ForeName>Per</ForeName></Author>
<Author><CollectiveName>Bone Group</CollectiveName></Author></AuthorList></Article>
</MedlineCitation><PubmedData><ArticleIdList><ArticleId IdType="pmc">PMC6543210</ArticleId>
</ArticleIdList><ReferenceList><Reference><ArticleIdList><ArticleId IdType="pmc">PMC1</ArticleId>
</ArticleIdList></Reference></ReferenceList></PubmedData></PubmedArticle>
<PubmedBookArticle><BookDocument><PMID>30000001</PMID><Book><BookTitle>Bones</BookTitle>
<PubDate><Year>2018</Year></PubDate></Book></BookDocument></PubmedBookArticle>
</PubmedArticleSet>
"""
ENDNOTE_XML = """\
<?xml version="1.0" encoding="UTF-8" ?><xml><records><record><ref-type name="Journal Article">17\
</ref-type><contributors><authors><author><style face="normal">Lindqvist, P.</style></author>\
</authors></contributors><titles><title><style face="normal">Osteoporosis on </style>\
<style face="italic">hand</style><style face="normal"> radiographs</style></title></titles>\
<periodical><full-title>Invented Bone Journal</full-title></periodical><pages>101-9</pages>\
<volume>12</volume><number>3</number><dates><year>2019</year></dates>\
<accession-num>30123456</accession-num><custom2>PMC6543210</custom2>\
<electronic-resource-num>https://doi.org/10.99999/ibj.2019.101</electronic-resource-num>\
</record><record><titles><title>A &amp; B < C</title></titles></record></records></xml>
"""
