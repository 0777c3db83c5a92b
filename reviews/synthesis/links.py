"""The doors from a number to what it stands on."""

from django.urls import reverse


def table_url(review_id: int, study_id: int, table_id: int) -> str:
    """Return the address of a 2x2 table: its place on the page of its study."""
    return f"{reverse('extraction:study', args=[review_id, study_id])}#table-{table_id}"
