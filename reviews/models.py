"""All models, for Django; each stage's own are in its ``models`` module."""

from reviews.accounts.models import IdempotencyKey, User
from reviews.core.files import StoredFile
from reviews.dedup.models import DuplicateGroup, Fingerprint, PossibleDuplicate
from reviews.extraction.models import Cohort, Extraction, Pin, TwoByTwo
from reviews.fulltext.models import Report, ReportFile
from reviews.jobs.models import Heartbeat, Job
from reviews.protocol.members import ApiToken, Invitation, Membership
from reviews.protocol.models import (
    Criterion,
    ExclusionReason,
    HighlightTerm,
    IndexTest,
    Label,
    ReferenceStandard,
    Review,
    TargetCondition,
)
from reviews.quality.models import Answer, Judgement, Rating, ReviewInstrument
from reviews.screening.models import (
    Confirmation,
    Decision,
    LabelUse,
    Note,
    Reopening,
    ScreeningItem,
    Settlement,
    Skip,
    Slot,
)
from reviews.searches.models import ImportBatch, Record, Search, SearchStatement, Source
from reviews.studies.models import Agreement, AgreementConfirmation, Study, StudyReport
from reviews.synthesis.models import Plan, Run

__all__ = [
    "Agreement",
    "AgreementConfirmation",
    "Answer",
    "ApiToken",
    "Cohort",
    "Confirmation",
    "Criterion",
    "Decision",
    "DuplicateGroup",
    "ExclusionReason",
    "Extraction",
    "Fingerprint",
    "Heartbeat",
    "HighlightTerm",
    "IdempotencyKey",
    "ImportBatch",
    "IndexTest",
    "Invitation",
    "Job",
    "Judgement",
    "Label",
    "LabelUse",
    "Membership",
    "Note",
    "Pin",
    "Plan",
    "PossibleDuplicate",
    "Rating",
    "Record",
    "ReferenceStandard",
    "Reopening",
    "Report",
    "ReportFile",
    "Review",
    "ReviewInstrument",
    "Run",
    "ScreeningItem",
    "Search",
    "SearchStatement",
    "Settlement",
    "Skip",
    "Slot",
    "Source",
    "StoredFile",
    "Study",
    "StudyReport",
    "TargetCondition",
    "TwoByTwo",
    "User",
]
