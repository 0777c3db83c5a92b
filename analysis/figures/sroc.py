"""The summary ROC plot: studies, curve, summary point and regions, all or by group."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from analysis.figures import words
from analysis.figures.pooled import describe
from analysis.figures.scales import Plot, draw_frame, unit_scale
from analysis.figures.sheet import (
    ACCENT,
    DASHED,
    INK,
    ONE_COLUMN,
    SMALL,
    TINT,
    WHITE,
    DescribedFigure,
    Sheet,
    height_of,
    look_of,
)
from analysis.results import ARMS

_LEFT, _TOP, _SIDE = 12.0, 2.5, 70.0
_LARGEST = 3.2
# Dark, middle and light: they differ without colour too.
QUALITY = {"low": "#d6ebe6", "unclear": "#dd9f1e", "high": "#7d2a05", None: WHITE}
_ENTRY = 4.0
Entry = tuple[Callable[[Sheet, float, float], None], str]


def sroc_figure(
    result: dict[str, Any],
    *,
    groups: dict[str, Any] | None = None,
    quality: Sequence[Sequence[str | None] | None] | None = None,
    domains: Sequence[str] = (),
    urls: Sequence[str] | None = None,
) -> DescribedFigure:
    """Draw studies, curve, summary point and both regions in ROC space.

    Parameters
    ----------
    result : dict
        What `analysis.summary.analyse` returned.
    groups : dict, optional
        What `analysis.subgroups.subgroups` returned: each group its own point, region and curve.
    quality : sequence, optional
        For each row of the forest plot the judgements "low", "unclear", "high" or None of up to
        four domains: the points become pies, their slices clockwise from the top.
    domains : sequence of str
        What the slices stand for.
    urls : sequence of str, optional
        Where each point leads, by row of the forest plot.
    """
    drawn = result["sroc"]
    entries = _entries(drawn, groups, quality)
    notes = _notes(drawn, groups)
    if quality is not None and domains:
        notes.insert(0, f"Slices clockwise from the top: {', '.join(domains)}.")
    height = _TOP + _SIDE + 9.5 + _ENTRY * len(entries) + height_of(notes, _SIDE) + 1.0
    title = "Summary ROC plot"
    sheet = Sheet(ONE_COLUMN, height, title=title, description=_description(result, groups))
    plot = Plot(x=unit_scale(_LEFT, _LEFT + _SIDE), y=unit_scale(_TOP + _SIDE, _TOP))
    labels = {value: f"{1 - value:.1f}" for value in (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)}
    heights = {1 - value: label for value, label in labels.items()}
    draw_frame(
        sheet,
        plot,
        across="Specificity",
        up="Sensitivity",
        x_labels=labels,
        y_labels=heights,
        grid=True,
    )
    for i, part in enumerate(groups["groups"] if groups else [drawn]):
        _model_areas(sheet, plot, part, i if groups else None)
    _studies(sheet, plot, result["forest"], groups, quality, urls)
    for i, part in enumerate(groups["groups"] if groups else [drawn]):
        _summary(sheet, plot, part, i if groups else None)
    y = _legend(sheet, entries, _TOP + _SIDE + 11.0)
    for note in notes:
        y = sheet.note(_LEFT, y, note, _SIDE)
    return sheet.figure


def _path(plot: Plot, points: Sequence[Sequence[float]]) -> list[tuple[float, float]]:
    return [plot.at(x, y) for x, y in points]


def _model_areas(sheet: Sheet, plot: Plot, part: dict[str, Any], group: int | None) -> None:
    color, _, stroke = (ACCENT, "diamond", "-") if group is None else look_of(group)
    if part["prediction_region"] and group is None:
        region = _path(plot, part["prediction_region"])
        sheet.shape(region, edge=color, width=0.8, style=DASHED)
    if part["confidence_region"]:
        region = _path(plot, part["confidence_region"])
        fill = TINT if group is None else "none"
        sheet.shape(region, fill=fill, edge=color, width=0.8, style=stroke)
    if part["curve"]:
        curve = _path(plot, part["curve"])
        sheet.line(curve, color=INK if group is None else color, width=1.1, style=stroke)


def _summary(sheet: Sheet, plot: Plot, part: dict[str, Any], group: int | None) -> None:
    if part["summary"]:
        color, shape, _ = (ACCENT, "diamond", "-") if group is None else look_of(group)
        place = plot.at(part["summary"]["fpr"], part["summary"]["sensitivity"])
        sheet.dot(*place, 1.5, shape, fill=color, edge=WHITE, width=0.5)


def _studies(
    sheet: Sheet,
    plot: Plot,
    rows: Sequence[dict[str, Any]],
    groups: dict[str, Any] | None,
    quality: Sequence[Sequence[str | None] | None] | None,
    urls: Sequence[str] | None,
) -> None:
    parts = enumerate(groups["groups"] if groups else ())
    member = {i: number for number, group in parts for i in group["rows"]}
    totals = [[row[arm]["total"] for arm in ARMS] for row in rows]
    sizes = {i: sum(arms) for i, arms in enumerate(totals) if all(arms)}
    most = max(sizes.values(), default=1)
    largest = _LARGEST * min(1.0, (15 / max(len(sizes), 1)) ** 0.3)
    # The large ones first, so that no small one hides below them.
    for i in sorted(sizes, key=lambda i: (-sizes[i], i)):
        row = rows[i]
        place = plot.at(1 - row["specificity"]["estimate"], row["sensitivity"]["estimate"])
        title = _point_title(i, row, quality[i] if quality else None)
        mark = sheet.name(f"study-{i + 1}", title, urls[i] if urls else "")
        radius = 0.5 + largest * float(np.sqrt(sizes[i] / most)) * 0.8
        if quality is not None:
            _pie(sheet, place, max(radius, 1.3), quality[i] or (), mark)
            continue
        color, shape, _ = look_of(member[i]) if i in member else (INK, "circle", "-")
        sheet.dot(*place, radius, shape, fill="none", edge=color, width=0.7, mark=mark)


def _point_title(i: int, row: dict[str, Any], judged: Sequence[str | None] | None) -> str:
    text = (
        f"{i + 1}. {row['label']}: sensitivity {words.proportion(row['sensitivity']['estimate'])}, "
        f"specificity {words.proportion(row['specificity']['estimate'])}"
    )
    if judged:
        text += f"; risk of bias {', '.join(level or 'not judged' for level in judged)}"
    return text


def _pie(
    sheet: Sheet, place: tuple[float, float], radius: float, judged: Sequence[str | None], mark: str
) -> None:
    x, y = place
    for i, level in enumerate(judged):
        turn = np.linspace(i, i + 1, 12) * 2 * np.pi / len(judged)
        rim = [(x + radius * np.sin(a), y - radius * np.cos(a)) for a in turn.tolist()]
        sheet.shape([(x, y), *rim], fill=QUALITY[level], edge=WHITE, width=0.3)
    sheet.dot(x, y, radius, fill="none", edge=INK, width=0.6, mark=mark)


def _entries(
    drawn: dict[str, Any],
    groups: dict[str, Any] | None,
    quality: Any,
) -> list[Entry]:
    entries: list[Entry] = []
    if groups:
        entries = [
            (
                partial(_group_entry, group=i),
                f"{group['level']} ({words.studies(len(group['rows']))})",
            )
            for i, group in enumerate(groups["groups"])
        ]
    else:
        parts = {
            "summary": (_dot_entry, "Summary point"),
            "confidence_region": (_region_entry, "95% confidence region"),
            "prediction_region": (_prediction_entry, "95% prediction region"),
            "curve": (_curve_entry, "Summary ROC curve over the observed range"),
        }
        entries = [entry for key, entry in parts.items() if drawn[key]]
    if quality is not None:
        entries += [(_quality_entry, "Risk of bias: low, unclear, high")]
    elif not groups:
        entries.insert(0, (_study_entry, "Study, sized by number of participants"))
    return entries


def _legend(sheet: Sheet, entries: Sequence[Entry], y: float) -> float:
    for draw, text in entries:
        draw(sheet, _LEFT + 4.0, y)
        sheet.text(_LEFT + 10.0, y, text, size=SMALL, room=_SIDE - 8.0)
        y += _ENTRY
    return y


def _study_entry(sheet: Sheet, x: float, y: float) -> None:
    sheet.dot(x, y, 1.2, fill="none", width=0.7)


def _dot_entry(sheet: Sheet, x: float, y: float) -> None:
    sheet.dot(x, y, 1.2, "diamond", fill=ACCENT, edge=WHITE)


def _region_entry(sheet: Sheet, x: float, y: float) -> None:
    sheet.box(x - 4, y - 1.2, 8, 2.4, fill=TINT, edge=ACCENT, width=0.8)


def _prediction_entry(sheet: Sheet, x: float, y: float) -> None:
    sheet.line([(x - 4, y), (x + 4, y)], color=ACCENT, width=0.8, style=DASHED)


def _curve_entry(sheet: Sheet, x: float, y: float) -> None:
    sheet.line([(x - 4, y), (x + 4, y)], width=1.1)


def _quality_entry(sheet: Sheet, x: float, y: float) -> None:
    for i, level in enumerate(("low", "unclear", "high")):
        sheet.box(x - 4 + 2.8 * i, y - 1.1, 2.2, 2.2, fill=QUALITY[level], edge=INK, width=0.4)


def _group_entry(sheet: Sheet, x: float, y: float, group: int) -> None:
    color, shape, stroke = look_of(group)
    sheet.line([(x - 4, y), (x + 4, y)], color=color, width=1.0, style=stroke)
    sheet.dot(x, y, 1.2, shape, fill=color, edge=WHITE, width=0.4)


def _notes(drawn: dict[str, Any], groups: dict[str, Any] | None) -> list[str]:
    if groups:
        return ["Regions: 95% confidence. " + words.tests_of(groups)]
    reasons = [drawn[key] for key in ("curve_reason", "region_reason", "curve_note")]
    if drawn["summary"] is None:
        reasons.insert(0, "No summary point: the two accuracies could not be pooled together.")
    return [reason for reason in reasons if reason]


def _description(result: dict[str, Any], groups: dict[str, Any] | None) -> str:
    text = describe(result, groups)
    if result["auc"]:
        area = words.with_interval(result["auc"]["estimate"], result["auc"]["logit_delta"])
        text += f" Area under the curve {area}."
    return " ".join([text, *_notes(result["sroc"], groups)])
