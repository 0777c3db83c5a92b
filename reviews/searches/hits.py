"""Why a source's hits and the records imported differ, as far as the numbers can tell."""

EXPORT_LIMITS = (1_000, 2_000, 5_000, 10_000, 20_000)


def compare(hits: int | None, imported: int, *, coming: int = 0, problems: int = 0) -> str:
    """Return a sentence on the records a source reported and those that are in.

    >>> compare(12, 12)
    'The source reported 12 records, and as many are in.'
    >>> compare(1_500, 1_000)
    'The source reported 1,500 records, 1,000 are in: 500 fewer. Many platforms export 1,000 at once: import the rest as another file.'
    >>> compare(10, 12)
    'The source reported 10 records, 12 are in: 2 more. Do two files overlap, or does a file belong to another search?'
    """  # noqa: E501 - the sentences as they read
    if hits is None:
        return (
            "How many records the source reported is not stated;"
            f" {_records(imported)} {'was' if imported == 1 else 'were'} imported."
        )
    said = f"The source reported {_records(hits)}"
    if hits == imported:
        return f"{said}, and as many are in."
    if coming:
        return f"{said}, {imported:,} are in, and more are on their way."
    if not imported:
        return f"{said}; none are imported yet."
    if imported > hits:
        return (
            f"{said}, {imported:,} are in: {imported - hits:,} more. Do two files overlap, or does"
            " a file belong to another search?"
        )
    return (
        f"{said}, {imported:,} are in: {hits - imported:,} fewer. {_why_fewer(imported, problems)}"
    )


def _why_fewer(imported: int, problems: int) -> str:
    if imported in EXPORT_LIMITS:
        return f"Many platforms export {imported:,} at once: import the rest as another file."
    if problems:
        noted = "1 line" if problems == 1 else f"{problems:,} lines"
        return f"{noted} of its files could not be read as they stand: see what became of them."
    return (
        "Every record of its files was read, so the files hold fewer: was the export cut off, or"
        " did the source remove duplicates?"
    )


def _records(number: int) -> str:
    return f"{number:,} record" if number == 1 else f"{number:,} records"
