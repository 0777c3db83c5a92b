"""Roles, and the capabilities each of them brings. A membership holds a set of roles."""

from collections.abc import Iterable

LEAD, REVIEWER, ADJUDICATOR = "lead", "reviewer", "adjudicator"
EXTRACTOR, STATISTICIAN, OBSERVER = "extractor", "statistician", "observer"

ROLES = {
    LEAD: "Lead",
    REVIEWER: "Reviewer",
    ADJUDICATOR: "Adjudicator",
    EXTRACTOR: "Extractor",
    STATISTICIAN: "Statistician",
    OBSERVER: "Observer",
}

DUTIES = {
    LEAD: "Runs the review: protocol, team, every stage. Sees no pending decision of others.",
    REVIEWER: "Screens, rates and extracts; imports searches and removes duplicates.",
    ADJUDICATOR: "Settles conflicts in which they took no part.",
    EXTRACTOR: "Extracts studies and rates their quality.",
    STATISTICIAN: "Plans and runs analyses.",
    OBSERVER: "Reads what is settled.",
}

CAPABILITIES: dict[str, frozenset[str]] = {
    "view": frozenset(ROLES),
    "manage": frozenset({LEAD}),  # protocol, team, settings, reopening
    "import": frozenset({LEAD, REVIEWER}),
    "deduplicate": frozenset({LEAD, REVIEWER}),
    "screen": frozenset({LEAD, REVIEWER}),
    "adjudicate": frozenset({LEAD, ADJUDICATOR}),
    "retrieve": frozenset({LEAD, REVIEWER, EXTRACTOR}),
    "extract": frozenset({LEAD, REVIEWER, EXTRACTOR}),
    "rate": frozenset({LEAD, REVIEWER, EXTRACTOR}),
    "plan": frozenset({LEAD, STATISTICIAN}),
    "run": frozenset({LEAD, STATISTICIAN}),
    "export": frozenset(ROLES),
}


def can(roles: Iterable[str], capability: str) -> bool:
    """Return True if any of the roles brings the capability.

    >>> can({"observer"}, "screen"), can({"observer", "reviewer"}, "screen")
    (False, True)
    """
    return not CAPABILITIES[capability].isdisjoint(roles)


def names(roles: Iterable[str]) -> str:
    """Return the roles in words, in their usual order.

    >>> names(["reviewer", "lead"])
    'Lead, reviewer'
    """
    held = set(roles)
    return ", ".join(label for role, label in ROLES.items() if role in held).capitalize()
