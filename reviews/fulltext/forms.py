"""What the pages of full text accept."""

from django import forms

from reviews.fulltext.models import Report

RETRIEVALS = [(Report.Retrieval.SOUGHT, "Being sought"),
              (Report.Retrieval.RETRIEVED, "Retrieved"),
              (Report.Retrieval.NOT_RETRIEVED, "Not retrieved")]  # fmt: skip


class RetrievalForm(forms.ModelForm):
    """Whether a report was retrieved, and where it was looked for."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=2**31 - 1)

    class Meta:
        model = Report
        fields = ["retrieval", "attempts"]
        help_texts = {
            "attempts": "Needed where the report was not retrieved: libraries, authors, dates."
        }
        labels = {"retrieval": "Retrieval", "attempts": "Where it was looked for, and when"}
        widgets = {"attempts": forms.Textarea(attrs={"rows": 3})}

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["retrieval"].choices = RETRIEVALS
        self.fields["attempts"].max_length = 10_000
        self.initial.setdefault("version", self.instance.version)


class FileForm(forms.Form):
    file = forms.FileField(
        label="PDF of the report",
        allow_empty_file=True,
        max_length=1_000,
        error_messages={
            "required": "Choose the report's PDF.",
            "missing": "Choose the report's PDF.",
        },
        widget=forms.FileInput(attrs={"accept": "application/pdf,.pdf"}),
    )


class ReportFilter(forms.Form):
    """The filters of the list of reports; these names are the parameters of its address."""

    retrieval = forms.ChoiceField(
        choices=[("", "Any"), *RETRIEVALS], required=False, label="Retrieval"
    )
    q = forms.CharField(required=False, max_length=500, label="Words, author, DOI or PMID")
