"""Forms of the stage."""

import re

from django import forms

from reviews.protocol.models import Review
from reviews.searches.models import Record

MOST = 50


class MergeForm(forms.Form):
    """The numbers of records that are copies of one report."""

    records = forms.CharField(
        label="Numbers of the records",
        max_length=1_000,
        help_text="As shown on the pages of records, separated by commas, such as: 1204, 3877",
    )

    def __init__(self, *args, review: Review, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.review = review

    def named(self, text: str) -> list[Record]:
        """Return the records that are there of those written, to be looked at before merging."""
        numbers = [int(each) for each in re.findall(r"\b[0-9]{1,15}\b", text)][:MOST]
        return list(Record.objects.in_review(self.review).filter(pk__in=numbers).for_list())

    def clean_records(self) -> list[Record]:
        written = re.findall(r"[^\s,;]+", self.cleaned_data["records"])
        if not all(each.isascii() and each.isdigit() and len(each) < 16 for each in written):
            raise forms.ValidationError("Write the numbers of records, separated by commas.")
        numbers = list(dict.fromkeys(int(each) for each in written))
        if not 2 <= len(numbers) <= MOST:
            raise forms.ValidationError(f"Name at least two records, and at most {MOST}.")
        found = Record.objects.in_review(self.review).in_bulk(numbers)
        if missing := [str(number) for number in numbers if number not in found]:
            raise forms.ValidationError(f"There is no record {', '.join(missing)} in this review.")
        return [found[number] for number in numbers]
