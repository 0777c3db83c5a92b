"""Forms of the stage: what people type is checked here, and saved by the services."""

from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.db.models import Q
from django.utils import timezone

from reviews.protocol.models import Review
from reviews.searches.finding import MOST_CHARACTERS
from reviews.searches.models import (
    DATABASES_AND_REGISTERS,
    ImportBatch,
    Search,
    SearchStatement,
    Source,
    is_doi,
    is_pmid,
)
from reviews.searches.parsers import FORMATS
from reviews.searches.parsers.columns import FIELDS
from reviews.searches.parsers.preview import Table
from reviews.searches.services import FOUND_BY_HAND
from reviews.searches.strategy import read_strategy, write_strategy

MOST_STRATEGY = 200_000
EMPTY = (None, "", False)
CHOICES = {
    "abstract": {"yes": ~Q(abstract=""), "no": Q(abstract="")},
    "identifiers": {"doi": ~Q(doi=""), "pmid": ~Q(pmid=""), "none": Q(doi="", pmid="")},
    "copies": {"kept": Q(kept=True), "removed": Q(kept=False)},
}
NAMES = {"doi": "DOI", "pmid": "PubMed number", "pmcid": "PubMed Central number", "issn": "ISSN"}
NAMES |= {"mesh": "MeSH terms", "url": "Address", "accession": "Accession number"}


class SourceForm(forms.ModelForm):
    class Meta:
        model = Source
        fields = ["name", "platform", "kind"]
        help_texts = {
            "name": "Such as MEDLINE or ClinicalTrials.gov.",
            "platform": "Through which it was searched, such as Ovid or PubMed.",
            "kind": "The flow diagram counts databases and registers apart from other methods.",
        }


class SearchForm(forms.ModelForm):
    """A search as PRISMA-S asks for it."""

    strategy = forms.CharField(
        label="Strategy, line by line as run",
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false", "class": "font-monospace"}),
        required=False,
        max_length=MOST_STRATEGY,
        help_text="One line of the strategy per line. The number of records it found may follow"
        " after a tab, a bar or =>, such as: osteoporo*[tiab] | 133,902",
    )

    class Meta:
        model = Search
        fields = ["source", "run_on", "hits", "strategy", "limits", "filters", "peer_review"]
        fields += ["update_of", "difference", "notes"]
        widgets = {
            "run_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            **{
                name: forms.Textarea(attrs={"rows": 2})
                for name in ("limits", "filters", "peer_review", "difference", "notes")
            },
        }
        help_texts = {
            "hits": "How many records the source said it found.",
            "limits": "Dates, languages, types; write “None” where there were none.",
            "filters": "Published search filters used, such as one for diagnostic accuracy.",
            "peer_review": "Who reviewed the strategy, how and when, such as PRESS.",
            "update_of": "The earlier search this one brings up to date.",
            "difference": "Why fewer or more records were imported than the source reported.",
        }

    def __init__(self, *args: Any, review: Review | None = None, **kwargs: Any) -> None:
        instance = kwargs.get("instance")
        if instance is not None:
            shown = write_strategy(instance.strategy)
            kwargs["initial"] = {"strategy": shown} | (kwargs.get("initial") or {})
        super().__init__(*args, **kwargs)
        review = review or (instance and instance.review)
        self.fields["source"].queryset = Source.objects.in_review(review).filter(by_hand=False)
        earlier = Search.objects.in_review(review).filter(source__by_hand=False)
        self.fields["update_of"].queryset = earlier.exclude(
            pk=instance and instance.pk
        ).select_related("source")

    def clean_run_on(self) -> date:
        # A day's grace: it may be tomorrow already where the search was run.
        if (run_on := self.cleaned_data["run_on"]) > timezone.localdate() + timedelta(days=1):
            raise forms.ValidationError("The date of a search cannot lie in the future.")
        return run_on

    def clean_strategy(self) -> list[dict[str, Any]]:
        return read_strategy(self.cleaned_data["strategy"])


class StatementForm(forms.ModelForm):
    """What the team says of an item of the PRISMA-S checklist."""

    class Meta:
        model = SearchStatement
        fields = ["text"]
        labels = {"text": "Statement"}
        widgets = {"text": forms.Textarea(attrs={"rows": 5, "maxlength": 5_000})}
        help_texts = {"text": "As it may stand in the report; where nothing was done, say so."}

    def clean_text(self) -> str:
        text = self.cleaned_data["text"].strip()
        if len(text) > 5_000:
            raise forms.ValidationError("Use 5,000 characters at most.")
        return text


class UploadForm(forms.Form):
    """A file of a search's results."""

    search = forms.ModelChoiceField(queryset=Search.objects.none(), empty_label=None)
    file = forms.FileField(
        label="Export file",
        max_length=255,
        error_messages={
            "required": "Choose the export file.",
            "empty": "This file is empty. Export the records again.",
        },
        help_text="Choose it, or drop it here: RIS, NBIB, XML, BibTeX, EndNote, Web of Science,"
        " Ovid, CSV or Excel. Kept as received.",
    )
    format = forms.ChoiceField(
        choices=[("", "told from the file"), *FORMATS.items()],
        required=False,
        help_text="Only if the file was taken for something else.",
    )

    def __init__(self, *args: Any, review: Review, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        searches = Search.objects.in_review(review).filter(source__by_hand=False)
        self.fields["search"].queryset = searches.select_related("source").order_by("-id")


class ColumnsForm(forms.Form):
    """Which column of a table holds what."""

    def __init__(self, *args: Any, table: Table, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        named = [(name, name) for name in dict.fromkeys(table.header) if name]
        for field in FIELDS:
            self.fields[field] = forms.ChoiceField(
                label=NAMES.get(field, field.replace("_", " ").capitalize()),
                choices=[("", "not in the file"), *named],
                required=field == "title",
                initial=table.guess.get(field, ""),
            )

    def mapping(self) -> dict[str, str]:
        return {field: column for field, column in self.cleaned_data.items() if column}


class RecordForm(forms.Form):
    """A record found in another way than by a search."""

    kind = forms.ChoiceField(
        label="How it was found",
        choices=[(kind.value, words) for kind, words in FOUND_BY_HAND.items()],
    )
    title = forms.CharField(max_length=2_000)
    authors = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="One author per line, such as: Jang R",
        max_length=20_000,
    )
    year = forms.IntegerField(required=False, min_value=1500, max_value=2200)
    journal = forms.CharField(required=False, max_length=500)
    volume = forms.CharField(required=False, max_length=60)
    issue = forms.CharField(required=False, max_length=60)
    pages = forms.CharField(required=False, max_length=60)
    doi = forms.CharField(label="DOI", required=False, max_length=300)
    pmid = forms.CharField(label="PubMed number", required=False, max_length=20)
    url = forms.URLField(label="Address", required=False, max_length=2_000, assume_scheme="https")
    abstract = forms.CharField(
        required=False, max_length=100_000, widget=forms.Textarea(attrs={"rows": 8})
    )

    def clean_authors(self) -> list[str]:
        return [name.strip() for name in self.cleaned_data["authors"].splitlines() if name.strip()]


class RecordFilter(forms.Form):
    """What of the review's records is shown; the flow diagram links here too."""

    OTHER = "other_methods"
    KINDS = [("", "any way"), ("searched", "databases and registers")]
    KINDS += [*Source.Kind.choices, (OTHER, "other methods")]
    MORE = ("kind", "abstract", "identifiers", "copies")
    ORDERS = {"new": "-id", "imported": "id", "year": "-known_year", "oldest": "known_year"}

    q = forms.CharField(
        label="Words, author, journal, DOI or PMID",
        required=False,
        max_length=MOST_CHARACTERS,
        widget=forms.TextInput(attrs={"type": "search", "size": 24}),
    )
    source = forms.ModelChoiceField(
        queryset=Source.objects.none(), required=False, empty_label="any source"
    )
    year_from = forms.IntegerField(label="From year", required=False, min_value=0, max_value=9999)
    year_to = forms.IntegerField(label="To year", required=False, min_value=0, max_value=9999)
    kind = forms.ChoiceField(label="Found through", choices=KINDS, required=False)
    abstract = forms.ChoiceField(
        choices=[("", "with or without"), ("yes", "has an abstract"), ("no", "has none")],
        required=False,
    )
    identifiers = forms.ChoiceField(
        choices=[
            ("", "with or without"),
            ("doi", "has a DOI"),
            ("pmid", "has a PubMed number"),
            ("none", "has neither"),
        ],
        required=False,
    )
    copies = forms.ChoiceField(
        label="Duplicates",
        choices=[("", "all records"), ("kept", "without duplicates"), ("removed", "removed only")],
        required=False,
    )
    order = forms.ChoiceField(
        choices=[
            ("", "best answer first"),
            ("new", "last imported first"),
            ("imported", "as imported"),
            ("year", "newest first"),
            ("oldest", "oldest first"),
        ],
        required=False,
    )
    batch = forms.IntegerField(required=False, widget=forms.HiddenInput)
    search = forms.ModelChoiceField(
        queryset=Search.objects.none(), required=False, widget=forms.HiddenInput
    )
    new = forms.BooleanField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, review: Review, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.review = review
        self.fields["source"].queryset = Source.objects.in_review(review).order_by("name")
        self.fields["search"].queryset = Search.objects.in_review(review).select_related("source")
        self.asked = self._readable()

    def _readable(self) -> dict[str, Any]:
        """Return what could be read; what could not narrows nothing, and its field says so."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value not in EMPTY}

    @property
    def words(self) -> str:
        """Return the words looked for, or nothing where a DOI or a number was."""
        words = self.asked.get("q", "").strip()
        return "" if is_doi(words) or is_pmid(words) else words

    @property
    def wider(self) -> str:
        """Return the question that may find more where a single whole word found nothing."""
        asked = self.data.copy() if self.words.isalpha() else None
        return f"?{urlencode(asked.dict() | {'q': f'{self.words}*'})}" if asked else ""

    @property
    def ordering(self) -> str:
        return self.ORDERS.get(self.asked.get("order", ""), "" if self.words else "-id")

    @property
    def more_asked(self) -> bool:
        return any(name in self.asked for name in self.MORE)

    @property
    def first_fields(self) -> list[forms.BoundField]:
        return [field for field in self.visible_fields() if field.name not in self.MORE]

    @property
    def more_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.MORE]

    def narrow(self, records: Any) -> Any:
        """Return the records asked for."""
        asked = self.asked
        if "q" in asked:
            records = records.matching(asked["q"])
        if "search" in asked:
            search = asked["search"]
            new = "new" in asked
            records = records.new_with(search) if new else records.filter(batch__search=search)
        records = records.with_year().of_years(asked.get("year_from"), asked.get("year_to"))
        exact = {"batch__search__source": "source", "batch": "batch"}
        records = records.filter(**{k: asked[name] for k, name in exact.items() if name in asked})
        for name, choices in CHOICES.items():
            records = records.filter(choices.get(asked.get(name, ""), Q()))
        return self._of_kind(records, asked.get("kind", ""))

    def _of_kind(self, records: Any, kind: str) -> Any:
        """Narrow by the few batches of a kind: their ids lead to the records by an index."""
        if not kind:
            return records
        batches = ImportBatch.objects.in_review(self.review).committed()
        searched = Q(search__source__kind__in=DATABASES_AND_REGISTERS)
        wanted = {"searched": searched, self.OTHER: ~searched}
        wanted = wanted.get(kind, Q(search__source__kind=kind))
        return records.filter(batch__in=list(batches.filter(wanted).values_list("pk", flat=True)))
