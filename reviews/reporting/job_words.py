"""Background jobs in the reader's words."""

# What each kind of job does; a test asks for every kind.
WORDS = {
    "searches.import": "Importing a file",
    "searches.fetch": "Running a strategy in PubMed",
    "searches.withdraw": "Taking an import back",
    "dedup.find": "Looking for duplicates",
    "dedup.regroup": "Grouping duplicates",
    "screening.open": "Taking records into screening",
    "fulltext.seek": "Listing the reports to seek",
    "synthesis.run": "Pooling",
}
