"""What the API shows of each row; blinded rows are chosen before, by ``visible_to``."""

from typing import Any

from django.db.models import Model
from rest_framework import serializers

from reviews import models
from reviews.api.results import Result

RECORD = (
    *("id", "title", "abstract", "authors", "year", "journal", "volume", "issue", "pages"),
    *("doi", "pmid", "accessions", "issn", "keywords", "mesh", "language", "type", "url"),
    *("batch", "position", "line", "group", "kept", "created_at"),
)
COHORT = (
    *("id", "extraction", "name", "role", "unit", "participants", "units", "with_condition"),
    *("country", "setting", "overlaps_with", "characteristics", "version"),
)
TABLE = (
    *("id", "cohort", "index_test", "target_condition", "reference_standard", "threshold"),
    *("threshold_value", "reader", "tp", "fp", "fn", "tn", "indeterminate", "obtained"),
    *("solver", "reported", "preferred", "dismissed", "characteristics", "notes", "version"),
)
RUN = (
    *("id", "plan", "plan_version", "definition", "inputs", "input_hash", "options"),
    *("options_hash", "engine_version", "job", "created_at", "finished_at", "seconds", "result"),
)
LIST = ("id", "name", "description", "position", "retired_at", "version")


def reader(model: type[Model], fields: tuple[str, ...], **extra: Any) -> type:
    """Return a read-only serializer; choices are shown as their plain values."""
    plain = {
        name: serializers.CharField(read_only=True)
        for name in fields
        if getattr(model._meta.get_field(name), "choices", None)
    }
    meta = type("Meta", (), {"model": model, "fields": fields, "read_only_fields": fields})
    name = f"{model.__name__}Serializer"
    return type(name, (serializers.ModelSerializer,), {"Meta": meta, **plain, **extra})


Review = reader(
    models.Review,
    (
        *("id", "title", "question", "population", "role_of_test", "registration", "notice"),
        *("reviewers_title_abstract", "reviewers_full_text", "extractors", "raters"),
        *("undo_seconds", "is_demo", "created_at", "archived_at", "version"),
    ),
)
IndexTest = reader(models.IndexTest, (*LIST, "modality"))
TargetCondition = reader(models.TargetCondition, LIST)
ReferenceStandard = reader(models.ReferenceStandard, LIST)
Criterion = reader(models.Criterion, (*LIST, "kind"))
ExclusionReason = reader(models.ExclusionReason, (*LIST, "at_title_abstract", "at_full_text"))
Source = reader(models.Source, ("id", "name", "platform", "kind", "by_hand", "version"))
Search = reader(
    models.Search,
    (
        *("id", "source", "run_on", "strategy", "limits", "filters", "peer_review", "hits"),
        *("update_of", "notes", "created_at", "version"),
    ),
)
ImportBatch = reader(
    models.ImportBatch,
    (
        *("id", "search", "file_name", "format", "encoding", "records_read", "problem_count"),
        *("problems", "job", "uploaded_by", "created_at", "committed_at", "withdrawn_at"),
    ),
)
Record = reader(models.Record, RECORD)
DuplicateGroup = reader(
    models.DuplicateGroup,
    ("id", "method", "evidence", "made_by", "created_at", "dissolved_at", "dissolved_by"),
)
Item = reader(
    models.ScreeningItem, ("id", "record", "stage", "needed", "outcome", "reason", "settled_at")
)
Decision = reader(
    models.Decision,
    ("id", "item", "stage", "reviewer", "revision", "verdict", "reason", "seconds", "created_at"),
)
Report = reader(models.Report, ("id", "record", "retrieval", "attempts", "created_at", "version"))
Study = reader(models.Study, ("id", "label", "registrations", "notes", "created_at", "version"))
StudyReport = reader(models.StudyReport, ("id", "study", "report", "primary"))
Extraction = reader(
    models.Extraction,
    (
        *("id", "study", "extractor", "final", "status", "characteristics", "created_at"),
        *("completed_at", "agreed_by", "version"),
    ),
)
Cohort = reader(models.Cohort, COHORT)
TwoByTwo = reader(models.TwoByTwo, TABLE)
Rating = reader(
    models.Rating,
    (
        *("id", "instrument", "study", "rater", "agreed", "agreed_by", "status", "created_at"),
        *("completed_at", "version"),
    ),
)
Judgement = reader(
    models.Judgement, ("id", "rating", "domain", "kind", "index_test", "level", "rationale")
)
Answer = reader(models.Answer, ("id", "rating", "item", "index_test", "value", "note"))
Plan = reader(
    models.Plan,
    (
        *("id", "name", "definition", "created_by", "created_at", "locked_at", "retired_at"),
        "version",
    ),
)
Run = reader(models.Run, (*RUN, "asked_by"), result=Result(read_only=True))
Job = reader(
    models.Job,
    (
        *("id", "kind", "status", "attempt", "done", "total", "message", "cause", "asked_by"),
        *("created_at", "started_at", "finished_at"),
    ),
)


class RefusedTable(serializers.Serializer):
    """Why a change was refused; where somebody saved first, the table as it is now."""

    detail = serializers.CharField()
    request = serializers.CharField()
    current = TwoByTwo(required=False)
