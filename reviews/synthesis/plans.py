"""What a plan says: its definition, the sentence it reads as, and the tables it chooses. Pure."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any

Definition = dict[str, Any]
Row = dict[str, Any]
Segment = tuple[str, bool]

EXTERNAL, TEMPORAL, INTERNAL = "external", "temporal", "internal"
SINGLE, DEVELOPMENT = "single", "development"
ROLES = {
    EXTERNAL: "external validation",
    TEMPORAL: "temporal validation",
    INTERNAL: "internal validation",
    SINGLE: "single samples",
    DEVELOPMENT: "development sets",
}
USUAL_ROLES = [EXTERNAL, TEMPORAL, INTERNAL, SINGLE]

PREFERRED, ONE_PER_COHORT, ALL = "preferred", "one_per_cohort", "all"
TABLES = {
    ONE_PER_COHORT: "One table per cohort, the preferred one where one is marked",
    PREFERRED: "Only tables marked as preferred, one per cohort",
    ALL: "Every table",
}
ANY, PATIENT = "any", "patient"
UNITS = {ANY: "People, images, lesions or hips", PATIENT: "People only"}

# What tables can be compared by: the field of a row, and its name.
COMPARED = {
    "index_test": "index test",
    "modality": "modality",
    "target_condition": "target condition",
    "reference_standard": "reference standard",
    "role": "kind of validation",
    "unit": "unit of analysis",
}

LISTS = ("index_tests", "target_conditions", "reference_standards", "excluded_studies")
COMPARE = "compare_by"
MOST_NAMED = 500


class BadPlan(ValueError):
    """The definition of a plan cannot be used; the message is a sentence."""


def empty_definition() -> Definition:
    """Return the plan that takes one table of every cohort, apparent performance left out."""
    return {
        "modality": "",
        **{name: [] for name in LISTS},
        "roles": list(USUAL_ROLES),
        "tables": ONE_PER_COHORT,
        "units": ANY,
    }


def checked(definition: Mapping[str, Any]) -> Definition:
    """Return the definition complete and in one order, so that equal plans are equal.

    Raises
    ------
    BadPlan
    """
    unknown = sorted(set(definition) - {*empty_definition(), COMPARE})
    if unknown:
        raise BadPlan(f"A plan has no setting “{unknown[0]}”.")
    whole = empty_definition() | dict(definition)
    roles = _chosen(whole["roles"], ROLES, "role of a cohort")
    if not roles:
        raise BadPlan("Choose at least one role of cohorts to be pooled.")
    modality = whole["modality"]
    if not isinstance(modality, str):
        raise BadPlan("The modality is a word.")
    return {
        "modality": modality.strip(),
        **{name: _ids(whole[name]) for name in LISTS},
        "roles": roles,
        "tables": _chosen([whole["tables"]], TABLES, "choice of tables")[0],
        "units": _chosen([whole["units"]], UNITS, "choice of units")[0],
        **_comparison(whole.get(COMPARE, "")),
    }


def _comparison(value: Any) -> Definition:
    """Return the comparison as part of a definition; plans without one do not mention it."""
    return {COMPARE: _chosen([value], COMPARED, "comparison")[0]} if value != "" else {}


def compared_by(definition: Definition, rows: Iterable[Row]) -> tuple[str, list[str]] | None:
    """Return the name of what a plan compares by, and its value of each row in words."""
    key = definition.get(COMPARE)
    if key is None:
        return None
    words = {"role": {**ROLES, SINGLE: "single sample", DEVELOPMENT: "development set"}}
    named = words.get(key, {})
    return COMPARED[key].capitalize(), [named.get(row[key], row[key]) for row in rows]


def _chosen(values: Any, known: Mapping[str, str], what: str) -> list[str]:
    if not isinstance(values, (list, tuple)):
        raise BadPlan(f"The {what} is a list.")
    for value in values:
        if not isinstance(value, str) or value not in known:
            raise BadPlan(f"“{str(value)[:40]}” is no {what}.")
    return list(dict.fromkeys(values))


def _ids(values: Any) -> list[int]:
    if not isinstance(values, (list, tuple)) or not all(type(each) is int for each in values):
        raise BadPlan("Tests, conditions, standards and studies are named by number.")
    if len(set(values)) > MOST_NAMED:
        raise BadPlan(f"A plan names at most {MOST_NAMED} of a kind.")
    return sorted(set(values))


# ---- the sentence ----


def sentence(definition: Definition, names: Mapping[str, Mapping[int, str]]) -> list[Segment]:
    """Return the plan as a sentence: pieces of text, and whether each is to stand out.

    ``names`` holds, per list of the definition, the name of each id.
    """

    def named(kind: str, word: str = "and") -> str:
        known = names.get(kind, {})
        return listed([known.get(each, "one since removed") for each in definition[kind]], word)

    pieces: list[Segment] = [("Pool ", False)]
    tests = named("index_tests") or definition["modality"]
    pieces += [(tests, True), (" tables", False)] if tests else [("all tables", True)]
    conditions = named("target_conditions", "or")
    pieces += [(" for ", False), (conditions or "any target condition", bool(conditions))]
    if definition["reference_standards"]:
        pieces += [(" verified by ", False), (named("reference_standards", "or"), True)]
    pieces += _choice(definition)
    if definition["excluded_studies"]:
        pieces += [(", without ", False), (named("excluded_studies"), True)]
    if COMPARE in definition:
        pieces += [(", compared by ", False), (COMPARED[definition[COMPARE]], True)]
    return [*pieces, (".", False)]


def _choice(definition: Definition) -> list[Segment]:
    roles = definition["roles"]
    how = {
        ONE_PER_COHORT: ", one table per cohort, ",
        PREFERRED: ", the preferred table of each cohort, ",
        ALL: ", every table of ",
    }
    pieces: list[Segment] = [(how[definition["tables"]], False)]
    words = _order(roles) if definition["tables"] != ALL else listed([ROLES[r] for r in roles])
    pieces.append((words, True))
    if DEVELOPMENT not in roles:
        pieces.append((", apparent performance left out", False))
    if definition["units"] == PATIENT:
        pieces += [(", ", False), ("people only", True)]
    return pieces


def _order(roles: list[str]) -> str:
    """Say the order of preference in as few words as it takes.

    >>> _order(["external", "temporal", "internal", "single"]), _order(["internal"])
    ('external before temporal before internal validation', 'internal validation only')
    """
    said = [role for role in roles if role != SINGLE] or roles
    if len(said) == 1:
        return f"{ROLES[said[0]]} only"
    words = [ROLES[role].removesuffix(" validation") for role in said[:-1]]
    return " before ".join([*words, ROLES[said[-1]]])


def listed(words: list[str], last: str = "and") -> str:
    """Join words as a sentence does.

    >>> listed(["a", "b", "c"])
    'a, b and c'
    """
    return f"{', '.join(words[:-1])} {last} {words[-1]}" if len(words) > 1 else "".join(words)


def plain(pieces: Iterable[Segment]) -> str:
    """Return a sentence without its emphasis."""
    return "".join(text for text, _ in pieces)


# ---- the choice ----


def choose(rows: Iterable[Row], definition: Definition) -> tuple[list[Row], list[Row]]:
    """Return the tables the plan pools, in the order of the forest plot, and those left out.

    A table left out carries ``reason``. Tables of another test or condition than the plan's are
    neither: nobody would look for them here.
    """
    in_reach = [row for row in rows if _is_about(row, definition)]
    left_out, kept = [], []
    for row in in_reach:
        reason = _ineligible(row, definition)
        (left_out if reason else kept).append(row | {"reason": reason} if reason else row)
    if definition["tables"] != ALL:
        for step in (_one_per_cohort, _best_role(definition["roles"])):
            kept, dropped = step(kept)
            left_out += dropped
    return labelled(sorted(kept, key=_place)), labelled(sorted(left_out, key=_place))


def _is_about(row: Row, definition: Definition) -> bool:
    modality = definition["modality"].casefold()
    wanted = (
        (definition["index_tests"], row["index_test_id"]),
        (definition["target_conditions"], row["target_condition_id"]),
    )
    return (not modality or row["modality"].strip().casefold() == modality) and all(
        not ids or value in ids for ids, value in wanted
    )


def _ineligible(row: Row, definition: Definition) -> str:
    """Return why the table alone does not fit, or nothing."""
    standards = definition["reference_standards"]
    tests: tuple[tuple[bool, str], ...] = (
        (row["study"] in definition["excluded_studies"], "The plan leaves this study out."),
        (
            bool(standards) and row["reference_standard_id"] not in standards,
            f"Verified by {row['reference_standard']}.",
        ),
        (row["role"] not in definition["roles"], _role_reason(row["role"])),
        (
            definition["units"] == PATIENT and row["unit"] != PATIENT,
            f"The unit of analysis is the {row['unit']}, not the person.",
        ),
        (
            definition["tables"] == PREFERRED and not row["preferred"],
            "Not marked as the preferred table.",
        ),
    )
    return next((reason for fails, reason in tests if fails), "")


def _role_reason(role: str) -> str:
    if role == DEVELOPMENT:
        return "Apparent performance: measured where the test was developed."
    return f"The plan does not take {ROLES.get(role, role)}."


Step = Callable[[list[Row]], tuple[list[Row], list[Row]]]


def _one_per_cohort(rows: list[Row]) -> tuple[list[Row], list[Row]]:
    cohorts: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        cohorts[row["cohort"]].append(row)
    kept, dropped = [], []
    for together in cohorts.values():
        first, *others = sorted(together, key=lambda row: (not row["preferred"], row["table"]))
        kept.append(first)
        why = "the preferred one" if first["preferred"] else "the first entered"
        reason = f"Same participants as another table of this cohort, {why}."
        dropped += [row | {"reason": reason} for row in others]
    return kept, dropped


def _best_role(roles: list[str]) -> Step:
    def step(rows: list[Row]) -> tuple[list[Row], list[Row]]:
        best: dict[int, int] = {}
        for row in rows:
            rank = roles.index(row["role"])
            best[row["study"]] = min(rank, best.get(row["study"], rank))
        kept, dropped = [], []
        for row in rows:
            first = best[row["study"]]
            if roles.index(row["role"]) == first:
                kept.append(row)
            else:
                reason = f"The study also has {ROLES[roles[first]]}, which comes first."
                dropped.append(row | {"reason": reason})
        return kept, dropped

    return step


def _place(row: Row) -> tuple[int, int, int, int]:
    """Order by year, as the study's label states it, then as entered."""
    years = re.findall(r"(?<!\d)(?:19|20)\d\d(?!\d)", row["study_label"])
    return int(years[-1]) if years else 9999, row["study"], row["cohort"], row["table"]


def labelled(rows: list[Row]) -> list[Row]:
    """Give each row a label: the study's, and what tells it from the study's other rows."""
    studies: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        studies[row["study"]].append(row)
    return [row | {"label": _label(row, studies[row["study"]])} for row in rows]


def _label(row: Row, together: list[Row]) -> str:
    differing = [
        str(row[key])
        for key in ("cohort_name", "index_test", "target_condition", "threshold", "reader")
        if len({each[key] for each in together}) > 1 and row[key]
    ]
    if differing and len({each["cohort_name"] for each in together}) == len(together):
        differing = differing[:1]
    return ", ".join([row["study_label"], *differing])
