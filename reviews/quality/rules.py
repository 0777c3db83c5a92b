"""What an instrument's definition says about a rating. No Django here.

A *key* names a question ("2.1") or a judgement ("index_test.bias"). Where a domain is judged
once per index test, "@" and the test's id follow: "2.1@17", "index_test.bias@17".
A judgement is a pair (level, why).
"""

from collections.abc import Collection, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

BIAS, APPLICABILITY = "bias", "applicability"
KIND_NAMES = {BIAS: "Risk of bias", APPLICABILITY: "Applicability"}
LONGEST_TEXT = 5_000

Definition = dict[str, Any]
Judged = tuple[str, str]


@dataclass(slots=True)
class Sheet:
    """What one rating says."""

    answers: dict[str, str] = field(default_factory=dict)
    judgements: dict[str, Judged] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Section:
    """A domain to rate, once or for one of several index tests."""

    domain: Mapping[str, Any]
    test: int | None = None

    @property
    def questions(self) -> list[dict[str, Any]]:
        return [each for each in self.domain["questions"] if each["asked"]]

    @property
    def kinds(self) -> list[str]:
        return [kind for kind in (BIAS, APPLICABILITY) if self.domain[kind]]

    def answer_key(self, item: str) -> str:
        return with_test(item, self.test)

    def judgement_key(self, kind: str) -> str:
        return with_test(f"{self.domain['code']}.{kind}", self.test)


def with_test(name: str, test: int | None) -> str:
    return name if test is None else f"{name}@{test}"


def split_key(key: str) -> tuple[str, int | None]:
    """Return the name and the index test's id, if any.

    >>> split_key("2.1@17"), split_key("index_test.bias")
    (('2.1', 17), ('index_test.bias', None))
    """
    name, _, test = key.partition("@")
    return name, int(test) if test.isdecimal() else None


def tidy(judgements: Mapping[str, Judged]) -> dict[str, Judged]:
    """Return the judgements with reasons as they are stored: trimmed, plain newlines."""
    return {
        key: (level, why.replace("\r\n", "\n").strip()) for key, (level, why) in judgements.items()
    }


def repeats(definition: Definition, domain: Mapping[str, Any]) -> bool:
    """Return True where the domain is judged once per index test."""
    return bool(definition["per_index_test"] and domain.get("repeats"))


def sections(definition: Definition, tests: Collection[int]) -> Iterator[Section]:
    """Yield what is to be rated, in the order of the form."""
    for domain in definition["domains"]:
        if repeats(definition, domain):
            yield from (Section(domain, test) for test in tests)
        else:
            yield Section(domain)


def tests_of(sheet: Sheet) -> list[int]:
    """Return the index tests for which something was answered or judged."""
    keys = [*sheet.answers, *sheet.judgements]
    return sorted({test for _, test in map(split_key, keys) if test is not None})


def suggest(answers: Collection[str]) -> str:
    """Return "low" where every answer is yes, else nothing: the judgement is the rater's.

    A "no" or "unclear" only flags potential bias; it never makes a domain high by itself.

    >>> suggest(["yes", "yes"]), suggest(["yes", "no"]), suggest([])
    ('low', '', '')
    """
    return "low" if answers and all(answer == "yes" for answer in answers) else ""


def hint(answers: Collection[str]) -> str:
    """Return what the answers of a domain suggest, in a sentence."""
    if suggest(answers) == "low":
        return "Every answer is “yes”: that suggests low. The judgement is yours."
    return "A “no” or “unclear” points at possible bias; the judgement is yours. Nothing is scored."


def complete(
    definition: Definition, answers: Mapping[str, str], judgements: Mapping[str, Judged]
) -> list[str]:
    """Return what is missing, a sentence each; nothing where the rating is complete."""
    tests = tests_of(Sheet(dict(answers), dict(judgements)))
    missing = [
        f"{domain['name']}: rate at least one index test."
        for domain in definition["domains"]
        if repeats(definition, domain) and not tests
    ]
    for section in sections(definition, tests):
        missing += _missing_in(section, answers, judgements)
    return missing


def _missing_in(
    section: Section, answers: Mapping[str, str], judgements: Mapping[str, Judged]
) -> Iterator[str]:
    name = section.domain["name"]
    for question in section.questions:
        if not answers.get(section.answer_key(question["item"])):
            yield f"{name}: answer {question['item']}."
    for kind in section.kinds:
        level, why = judgements.get(section.judgement_key(kind), ("", ""))
        if not level:
            yield f"{name}: judge {KIND_NAMES[kind].lower()}."
        elif level != "low" and not why.strip():
            yield f"{name}: say why {KIND_NAMES[kind].lower()} is {level}."


def problems(definition: Definition, sheet: Sheet) -> list[str]:
    """Return what the instrument does not know, or does not allow, a sentence each."""
    tests = tests_of(sheet)
    known = list(sections(definition, tests))
    items = {each.answer_key(q["item"]) for each in known for q in each.domain["questions"]}
    judged = {each.judgement_key(kind) for each in known for kind in each.kinds}
    found = [f"There is no question {key} here." for key in sheet.answers if key not in items]
    found += [f"There is no judgement {key} here." for key in sheet.judgements if key not in judged]
    found += [
        f"“{value}” is no answer to {key}."
        for key, value in sheet.answers.items()
        if value and value not in definition["answers"]
    ]
    for key, (level, why) in sheet.judgements.items():
        if level and level not in definition["levels"]:
            found.append(f"“{level}” is no level of {key}.")
        if len(why) > LONGEST_TEXT:
            found.append(f"The reason is longer than {LONGEST_TEXT:,} characters. Shorten it.")
    return found


def tailored(
    definition: Definition,
    *,
    questions: Mapping[str, Mapping[str, Any]],
    added: Collection[Mapping[str, str]] = (),
    per_index_test: bool | None = None,
) -> Definition:
    """Return the definition with questions reworded, left out or added.

    ``questions`` maps an item to the changes of its text, guidance or asked; each of ``added``
    has a domain's code, a text and perhaps guidance. Numbers of the official form stay.
    """
    result = deepcopy(definition)
    for domain in result["domains"]:
        for question in domain["questions"]:
            changes = questions.get(question["item"], {})
            question |= {
                key: changes[key] for key in ("text", "guidance", "asked") if key in changes
            }
        for new in added:
            if new["domain"] == domain["code"]:
                domain["questions"].append(_own(domain, new))
    if per_index_test is not None:
        result["per_index_test"] = per_index_test
    return result


def _own(domain: Mapping[str, Any], new: Mapping[str, str]) -> dict[str, Any]:
    number = 1 + sum(question["own"] for question in domain["questions"])
    item = f"{domain['number']}.own{number}"
    guidance = new.get("guidance", "")
    return {"item": item, "text": new["text"], "guidance": guidance, "own": True, "asked": True}


@dataclass(frozen=True, slots=True)
class Difference:
    """One question or judgement as each rater has it; ``same`` where they agree."""

    key: str
    section: Section
    kind: str  # answer, bias or applicability
    label: str
    values: list[Any]

    @property
    def number(self) -> str:
        """Return the question's number on the official form; those of the review have none."""
        item = split_key(self.key)[0]
        return "Own" if ".own" in item else item

    @property
    def same(self) -> bool:
        chosen = [value if self.kind == "answer" else value[0] for value in self.values]
        return len(set(chosen)) == 1

    @property
    def agreed(self) -> Any:
        """What all say; different reasons for the same level are kept one below the other."""
        if self.kind == "answer":
            return self.values[0]
        reasons = dict.fromkeys(why.strip() for _, why in self.values if why.strip())
        return self.values[0][0], "\n".join(reasons)[:LONGEST_TEXT]


def compare(definition: Definition, sheets: Collection[Sheet]) -> list[Difference]:
    """Return every question and judgement that any of the ratings has, side by side."""
    tests = sorted({test for sheet in sheets for test in tests_of(sheet)})
    found = []
    for section in sections(definition, tests):
        for kind in section.kinds:
            key = section.judgement_key(kind)
            values: list[Any] = [sheet.judgements.get(key, ("", "")) for sheet in sheets]
            found.append(Difference(key, section, kind, KIND_NAMES[kind], values))
        for question in section.questions:
            key = section.answer_key(question["item"])
            values = [sheet.answers.get(key, "") for sheet in sheets]
            if any(values):
                found.append(Difference(key, section, "answer", question["text"], values))
    return found
