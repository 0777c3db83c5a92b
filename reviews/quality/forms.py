"""Forms made from an instrument: one's own rating, the agreed one, the tailoring."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django import forms

from reviews.quality import rules
from reviews.quality.agreeing import Comparison
from reviews.quality.models import ReviewInstrument

ASKED, LEFT_OUT = "Asked", "Left out"


class Choice(forms.ChoiceField):
    """A choice that also reads its own label, as the page for stale saves sends it."""

    def to_python(self, value: Any) -> str:
        return super().to_python(value).strip().lower()


def _choices(values: Sequence[str]) -> list[tuple[str, str]]:
    return [(value, value.capitalize()) for value in values]


def _why(label: str, rows: int = 3) -> forms.CharField:
    widget = forms.Textarea(attrs={"rows": rows})
    return forms.CharField(
        label=label, required=False, max_length=rules.LONGEST_TEXT, widget=widget
    )


class SheetForm(forms.Form):
    """Questions and judgements of some sections; names are keys of rules.py."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1)

    def __init__(
        self,
        data: Any = None,
        *,
        definition: rules.Definition,
        sections: Sequence[rules.Section],
        sheet: rules.Sheet,
        version: int,
    ) -> None:
        super().__init__(data, initial={"version": version, **initial_of(sheet)})
        self.sections, self.sheet = sections, sheet
        answers, levels = _choices(definition["answers"]), _choices(definition["levels"])
        for section in sections:
            self._add(section, answers, levels)

    def _add(self, section: rules.Section, answers: list, levels: list) -> None:
        for question in section.questions:
            label = f"{question['item']} {question['text']}"
            self.fields[f"q-{section.answer_key(question['item'])}"] = Choice(
                label=label, choices=answers, required=False, widget=forms.RadioSelect
            )
        for kind in section.kinds:
            key, name = section.judgement_key(kind), rules.KIND_NAMES[kind]
            label = f"{section.domain['name']}: {name.lower()}"
            self.fields[f"level-{key}"] = Choice(
                label=label, choices=levels, required=False, widget=forms.RadioSelect
            )
            self.fields[f"why-{key}"] = _why(f"{label}, why", 3 if kind == rules.BIAS else 2)

    def parts(self) -> Iterator[dict[str, Any]]:
        """Yield each section with its bound fields, for the template."""
        for section in self.sections:
            answers = [
                self.sheet.answers.get(section.answer_key(q["item"]), "") for q in section.questions
            ]
            yield {
                "section": section,
                "hint": rules.hint(answers),
                "questions": [
                    {**q, "field": self[f"q-{section.answer_key(q['item'])}"]}
                    for q in section.questions
                ],
                "judgements": [self._judgement(section, kind) for kind in section.kinds],
            }

    def _judgement(self, section: rules.Section, kind: str) -> dict[str, Any]:
        key = section.judgement_key(kind)
        return {
            "kind": kind,
            "name": rules.KIND_NAMES[kind],
            "question": section.domain[kind],
            "level": self[f"level-{key}"],
            "why": self[f"why-{key}"],
        }

    def answers(self) -> dict[str, str]:
        """Return the answers that were sent; what was not sent stays as it is."""
        sent = [name for name in self.fields if name.startswith("q-") and name in self.data]
        return {name.removeprefix("q-"): self.cleaned_data[name] for name in sent}

    def judgements(self) -> dict[str, rules.Judged]:
        found = {}
        for section in self.sections:
            for key in map(section.judgement_key, section.kinds):
                level, why = self.sheet.judgements.get(key, ("", ""))
                if f"level-{key}" in self.data:
                    level = self.cleaned_data[f"level-{key}"]
                if f"why-{key}" in self.data:
                    why = self.cleaned_data[f"why-{key}"]
                found[key] = (level, why)
        return found


class ReviseForm(SheetForm):
    """The agreed rating, to be changed with a reason."""

    reason = forms.CharField(label="Why it changes", max_length=500)


def initial_of(sheet: rules.Sheet) -> dict[str, str]:
    """Return a rating as a form's values."""
    values = {f"q-{key}": value for key, value in sheet.answers.items()}
    for key, (level, why) in sheet.judgements.items():
        values |= {f"level-{key}": level, f"why-{key}": why}
    return values


def _stored(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def initial_choices(choices: Mapping[str, Any]) -> dict[str, str]:
    """Return choices as an agreement stores them as a form's values."""
    values = {}
    for key, chosen in choices.items():
        level, why = chosen if isinstance(chosen, list) else (chosen, "")
        values |= {f"to-{key}": level, f"why-{key}": why}
    return values


class AgreeForm(forms.Form):
    """A value for each difference between the ratings."""

    note = forms.CharField(
        label="Note",
        required=False,
        max_length=rules.LONGEST_TEXT,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(
        self,
        data: Any = None,
        *,
        definition: rules.Definition,
        comparison: Comparison,
        start: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(data, initial=initial_choices(start or {}))
        self.comparison = comparison
        for item in comparison.differing:
            answer = item.kind == "answer"
            values = definition["answers" if answer else "levels"]
            label = f"Agreed: {item.section.domain['name']}, {item.label}"
            self.fields[f"to-{item.key}"] = Choice(
                label=label,
                choices=[("", "Not agreed yet"), *_choices(values)],
                widget=forms.Select,
                error_messages={"required": "Choose what you agree on."},
            )
            if not answer:
                self.fields[f"why-{item.key}"] = _why(f"{label}, why")

    def rows(self, proposed: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Return what differs, with its fields, and whatever else a proposal would change."""
        return [self._row(item, proposed) for item in self.comparison.differing] + [
            {"item": item, "judged": item.kind != "answer", "proposed": proposed[item.key]}
            for item in self.comparison.same
            if item.key in proposed and proposed[item.key] != _stored(item.agreed)
        ]

    def _row(self, item: rules.Difference, proposed: Mapping[str, Any]) -> dict[str, Any]:
        judged = item.kind != "answer"
        return {
            "item": item,
            "judged": judged,
            "to": self[f"to-{item.key}"],
            "why": self[f"why-{item.key}"] if judged else None,
            "proposed": proposed.get(item.key),
        }

    def choices(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for item in self.comparison.differing:
            chosen = self.cleaned_data[f"to-{item.key}"]
            why = self.cleaned_data.get(f"why-{item.key}", "")
            found[item.key] = chosen if item.kind == "answer" else (chosen, why)
        return found


class TailorForm(forms.Form):
    """Words, guidance and choice of the questions of an instrument."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1)

    def __init__(self, data: Any = None, *, instance: ReviewInstrument) -> None:
        super().__init__(data, initial={"version": instance.version})
        self.instance = instance
        for domain in instance.definition["domains"]:
            for question in domain["questions"]:
                self._add(question)
            new = f"new-{domain['code']}"
            self.fields[new] = _line("A further question", 500)
            self.fields[f"{new}-guidance"] = _line("Guidance for it", 1_000)
        self.fields["per_test"] = forms.ChoiceField(
            label="The index test domain is rated",
            choices=[("Once", "Once"), ("For each index test", "For each index test")],
            initial="For each index test" if instance.definition["per_index_test"] else "Once",
            required=False,
        )

    def _add(self, question: dict[str, Any]) -> None:
        item = question["item"]
        number = f"of your own ({item})" if question["own"] else item
        self.fields[f"text-{item}"] = _line(f"Question {number}", 500, question["text"])
        self.fields[f"guidance-{item}"] = _line(f"Guidance for {item}", 1_000, question["guidance"])
        self.fields[f"asked-{item}"] = forms.ChoiceField(
            label=f"{item} is",
            choices=[(ASKED, ASKED), (LEFT_OUT, LEFT_OUT)],
            initial=ASKED if question["asked"] else LEFT_OUT,
            required=False,
        )

    def parts(self) -> Iterator[dict[str, Any]]:
        for domain in self.instance.definition["domains"]:
            yield {
                "domain": domain,
                "questions": [
                    {**q, **{f: self[f"{f}-{q['item']}"] for f in ("text", "guidance", "asked")}}
                    for q in domain["questions"]
                ],
                "new": self[f"new-{domain['code']}"],
                "new_guidance": self[f"new-{domain['code']}-guidance"],
            }

    def questions(self) -> dict[str, dict[str, Any]]:
        """Return the changes that were sent, by item."""
        found: dict[str, dict[str, Any]] = {}
        for name, value in self.cleaned_data.items():
            what, _, item = name.partition("-")
            if what in {"text", "guidance", "asked"} and name in self.data:
                found.setdefault(item, {})[what] = value == ASKED if what == "asked" else value
        return found

    def added(self) -> list[dict[str, str]]:
        codes = [domain["code"] for domain in self.instance.definition["domains"]]
        return [
            {
                "domain": code,
                "text": self.cleaned_data[f"new-{code}"],
                "guidance": self.cleaned_data[f"new-{code}-guidance"],
            }
            for code in codes
            if self.cleaned_data.get(f"new-{code}")
        ]

    def per_index_test(self) -> bool | None:
        sent = self.cleaned_data.get("per_test")
        return sent == "For each index test" if sent else None


def _line(label: str, longest: int, initial: str = "") -> forms.CharField:
    widget = forms.Textarea(attrs={"rows": 2})
    return forms.CharField(
        label=label, required=False, max_length=longest, initial=initial, widget=widget
    )
