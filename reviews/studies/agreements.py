"""How the drafts of a study become one: an adjudicator settles it, or the drafters agree.

Shared by extractions and ratings. Each stage says what there is to agree on (a ``Matter``) and
writes the final; here stands who may, who must, and what has happened meanwhile.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.aggregates import ArrayAgg
from django.db import transaction
from django.db.models import Prefetch, QuerySet, Value
from django.db.models.functions import Now

from reviews.core.errors import DomainError
from reviews.protocol.members import Membership
from reviews.studies.models import Agreement, AgreementConfirmation, Study

How = Agreement.How

CHANGED = (
    "What the proposal is about has changed since it was made, so it no longer holds. Nothing was"
    " saved; compare again."
)
ANOTHER = "The proposal has changed while you read it. Nothing was saved; look at it again."
REPLACED = "An adjudicator settled it."


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """What the drafts of a study leave to agree on. The caller holds the study's lock.

    Attributes
    ----------
    drafters : mapping of int to User
        Whose complete drafts are compared.
    took_part : callable
        Says of a person's id whether they ever had a draft of the study.
    capability : str
        What a drafter must still be able to do in the review.
    differs : bool
        Whether anything does.
    seen : str
        The drafts with their versions.
    write : callable
        Writes the final from the choices, for a person.
    """

    study: Study
    kind: str
    drafters: Mapping[int, Any]
    took_part: Callable[[int], bool]
    capability: str
    differs: bool
    seen: str
    write: Callable[[Mapping[str, Any], Any], Any]
    instrument: str = ""

    def others(self, by_id: int) -> frozenset[int]:
        """Return the other drafters; who has left the review is not asked."""
        able = Membership.objects.who_can(self.capability).filter(review=self.study.review_id)
        asked = able.filter(user__in=self.drafters).exclude(user=by_id)
        return frozenset(asked.values_list("user", flat=True))

    def people(self, ids: Collection[int]) -> list[Any]:
        return [person for number, person in self.drafters.items() if number in ids]

    def agreements(self) -> QuerySet[Agreement]:
        return agreements_on(self.study, kind=self.kind, instrument=self.instrument)


def agreements_on(study: Study, *, kind: str, instrument: str = "") -> QuerySet[Agreement]:
    rows = Agreement.objects.filter(study=study, kind=kind, instrument=instrument)
    return rows.select_related("by", "revoked_by").order_by("-id")


def agreement_in_force(study: Study, *, kind: str, instrument: str = "") -> Agreement | None:
    """Return how the final came about; nothing where one draft sufficed."""
    confirmed = Prefetch("confirmations", AgreementConfirmation.objects.select_related("by"))
    found = agreements_on(study, kind=kind, instrument=instrument).standing()
    return found.filter(in_force_at__isnull=False).prefetch_related(confirmed).first()


def number_in(text: str) -> int:
    """Return the number of the agreement a form answers; 0, which is none, for anything else.

    >>> number_in("12"), number_in("x"), number_in("-1"), number_in("9" * 30)
    (12, 0, 0, 0)
    """
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else 0


def can_in(study: Study, person: Any, capability: str) -> bool:
    """Return True if this person is a member who can do this today."""
    able = Membership.objects.who_can(capability).filter(review=study.review_id)
    return able.filter(user=person).exists()


@transaction.atomic
def propose(
    matter: Matter, *, by: Any, choices: Mapping[str, Any], note: str = "", beyond: bool = False
) -> Agreement:
    """Propose a value for every difference; it holds once every other drafter confirms.

    Where nothing differs, or no other drafter is left to ask, it holds at once.

    Parameters
    ----------
    beyond : bool
        True where the choices also change what all drafts say alike.
    """
    if by.pk not in matter.drafters or not can_in(matter.study, by, matter.capability):
        raise DomainError("Only those whose drafts are compared can propose a consensus.")
    _drop_outdated(matter)
    if matter.agreements().standing().exists():
        raise DomainError("A consensus has been proposed already. Confirm or refuse it first.")
    if (matter.differs or beyond) and matter.others(by.pk):
        _try_out(matter, choices, by)
        return _record(matter, How.CONSENSUS, by, choices, note, in_force=False)
    agreement = _record(matter, How.CONSENSUS, by, choices, note, in_force=True)
    matter.write(choices, by)
    return agreement


@transaction.atomic
def settle(matter: Matter, *, by: Any, choices: Mapping[str, Any], note: str = "") -> Agreement:
    """Settle it as an adjudicator who took no part; a proposed consensus gives way."""
    if not can_in(matter.study, by, "adjudicate"):
        raise DomainError("Those who made the drafts, or an adjudicator, agree on the study.")
    if matter.took_part(by.pk):
        raise DomainError(
            "You had a draft of this study yourself. Somebody who took no part can settle it, or"
            " those whose drafts are compared agree."
        )
    _revoke(matter.agreements(), why=REPLACED, by=by)
    agreement = _record(matter, How.ADJUDICATION, by, choices, note, in_force=True)
    matter.write(choices, by)
    return agreement


@transaction.atomic
def confirm(matter: Matter, *, by: Any, agreement: int) -> Agreement | None:
    """Say yes to the proposal this person read; the last yes writes the final.

    Returns None where the drafts have changed since: the proposal is revoked, which has to be
    kept, so it is for the caller to say ``CHANGED`` once that is saved.
    """
    proposal = _proposal(matter, by, agreement)
    if proposal.seen != matter.seen:
        _drop_outdated(matter)
        return None
    others = matter.others(proposal.by_id)
    if by.pk == proposal.by_id:
        raise DomainError("You proposed this yourself; the others confirm it.")
    if by.pk not in others:
        raise DomainError("Only those whose drafts are compared can answer the proposal.")
    AgreementConfirmation.objects.get_or_create(
        review_id=matter.study.review_id, agreement=proposal, by=by
    )
    if others <= set(proposal.confirmations.values_list("by_id", flat=True)):
        Agreement.objects.filter(pk=proposal.pk).update(in_force_at=Now())
        matter.write(proposal.choices, proposal.by)
        proposal.refresh_from_db()
    return proposal


@transaction.atomic
def refuse(matter: Matter, *, by: Any, agreement: int, note: str = "") -> None:
    """Turn a proposal down and say why, or take one's own back; the difference stays."""
    proposal = _proposal(matter, by, agreement)
    _revoke(matter.agreements().filter(pk=proposal.pk), why=note.strip(), by=by)


def revoke_proposals(study: Study, *, kind: str, why: str, by: Any = None) -> None:
    """Let proposals fall because what they are about changes; the caller holds the study."""
    _revoke(agreements_on(study, kind=kind), why=why, by=by)


def _proposal(matter: Matter, by: Any, number: int) -> Agreement:
    if by.pk not in matter.drafters or not can_in(matter.study, by, matter.capability):
        raise DomainError("Only those whose drafts are compared can answer the proposal.")
    proposal = matter.agreements().proposed().first()
    if proposal is None:
        raise DomainError("No consensus is proposed on this study any more. Nothing was changed.")
    if proposal.pk != number:
        raise DomainError(ANOTHER)
    return proposal


def _drop_outdated(matter: Matter) -> None:
    _revoke(matter.agreements().exclude(seen=matter.seen), why=CHANGED)


def _revoke(agreements: QuerySet[Agreement], *, why: str, by: Any = None) -> None:
    agreements.proposed().update(revoked_at=Now(), revoked_why=why[:5_000], revoked_by=by)


def _try_out(matter: Matter, choices: Mapping[str, Any], by: Any) -> None:
    """Refuse now what could not be written once it is confirmed; nothing of it stays."""
    with transaction.atomic():
        matter.write(choices, by)
        transaction.set_rollback(True)


def _record(matter: Matter, how: str, by, choices, note: str, *, in_force: bool) -> Agreement:
    return Agreement.objects.create(
        review_id=matter.study.review_id,
        study=matter.study,
        kind=matter.kind,
        instrument=matter.instrument,
        choices=dict(choices),
        seen=matter.seen,
        note=note.strip()[:5_000],
        how=how,
        by=by,
        in_force_at=Now() if in_force else None,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where the agreement on a study stands for one person: what its page offers.

    Attributes
    ----------
    proposal : Agreement or None
        What waits to be confirmed.
    refused : Agreement or None
        The latest proposal, where it fell.
    waits_for, gone : list of User
        Who still has to confirm (or would have to); drafters who are not asked any more.
    start : mapping
        The choices a form starts from: those last refused, for whoever may propose anew.
    """

    proposal: Agreement | None
    refused: Agreement | None
    waits_for: list[Any]
    gone: list[Any]
    start: Mapping[str, Any]
    mine: bool
    may_propose: bool
    may_adjudicate: bool
    at_once: bool

    @property
    def may_confirm(self) -> bool:
        return bool(self.proposal and self.may_propose and not self.mine)

    @property
    def may_choose(self) -> bool:
        """Return True where the page takes a value for each difference."""
        return self.may_adjudicate or (self.may_propose and self.proposal is None)

    @property
    def fell(self) -> str:
        """Return why the latest proposal fell, unless its author just took it back."""
        if self.refused is None:
            return ""
        if self.refused.revoked_at is None:
            return CHANGED
        taken_back = self.refused.revoked_by_id == self.refused.by_id
        return self.refused.revoked_why or ("" if taken_back else "No reason was given.")

    @property
    def proposed(self) -> Mapping[str, Any]:
        """Return the choices that wait to be confirmed."""
        return self.proposal.choices if self.proposal else {}


def standing_of(matter: Matter, *, viewer: Any) -> Standing:
    """Return where the agreement stands; an outdated proposal shows as fallen.

    The caller has compared the drafts, so they are open to this person.
    """
    latest = (
        matter.agreements()
        .annotate(confirmed=ArrayAgg("confirmations__by", default=Value([])))
        .first()
    )
    holds = bool(latest and latest.revoked_at is None and latest.seen == matter.seen)
    proposal = latest if holds and latest.in_force_at is None else None
    members = Membership.objects.open().filter(
        review=matter.study.review_id, user__in=[*matter.drafters, viewer.pk]
    )
    able = {each.user_id: each for each in members}
    asked = {each for each in matter.drafters if each in able and able[each].can(matter.capability)}
    others = asked - {proposal.by_id if proposal else viewer.pk}
    drafted = viewer.pk in asked
    adjudicates = viewer.pk in able and able[viewer.pk].can("adjudicate")
    return Standing(
        proposal=proposal,
        refused=latest if latest and not holds else None,
        waits_for=matter.people(others - set(proposal.confirmed if proposal else ())),
        gone=matter.people(matter.drafters.keys() - asked - {viewer.pk}),
        start=latest.choices if latest and drafted and latest.seen == matter.seen else {},
        mine=bool(proposal and proposal.by_id == viewer.pk),
        may_propose=drafted,
        may_adjudicate=adjudicates and not matter.took_part(viewer.pk),
        at_once=not matter.differs or not others,
    )
