"""How the demo's data name a record, since ids are not known beforehand."""

import unicodedata


def record_key(*, doi: str, title: str) -> str:
    """Return ``doi:<lower-case DOI>``, or ``title:<letters and digits>`` where there is no DOI.

    Copies of one record may differ in key (one lacks its DOI); a key names the record if any
    copy of its duplicate group has it, so a loader looks among all copies and then takes the
    kept one.
    """
    bare = _bare_doi(doi)
    return f"doi:{bare}" if bare else f"title:{_plain(title)}"


def _bare_doi(doi: str) -> str:
    lowered = doi.strip().lower()
    for prefix in ("https://doi.org/", "https://dx.doi.org/", "doi:"):
        lowered = lowered.removeprefix(prefix)
    return lowered


def _plain(title: str) -> str:
    decomposed = unicodedata.normalize("NFKD", title)
    return "".join(letter for letter in decomposed.lower() if letter.isalnum())
