"""Four panels that question the model: fit, normality, influence, outliers."""

from collections.abc import Sequence
from typing import Any

from analysis.figures import words
from analysis.figures.fonts import width_of
from analysis.figures.scales import Plot, Scale, around, draw_frame, nothing_here
from analysis.figures.sheet import (
    ACCENT,
    DASHED,
    GREY,
    INK,
    SIZE,
    TINY,
    TWO_COLUMNS,
    WHITE,
    DescribedFigure,
    Sheet,
)
from analysis.results import ARMS

_WIDE, _HIGH, _GUTTER = 66.0, 50.0, 21.0
_TOP, _BELOW = 8.0, 16.0
_FLAGS = 8
Dots = list[tuple[float, float, int]]


def diagnostics_figure(
    result: dict[str, Any], *, urls: Sequence[str] | None = None
) -> DescribedFigure:
    """Draw goodness of fit, bivariate normality, influence and outliers.

    Parameters
    ----------
    result : dict
        What `analysis.residuals.diagnostics` returned.
    urls : sequence of str, optional
        Where each study leads.
    """
    studies = result["influence"]
    height = 2 * (_HIGH + _TOP + _BELOW) + 3.0
    sheet = Sheet(
        TWO_COLUMNS, height, title="Diagnostics of the bivariate model", description=_told(result)
    )
    titles = {
        i: sheet.name(f"study-{i + 1}", _study_title(i, study), urls[i] if urls else "")
        for i, study in enumerate(studies)
    }
    _fit(sheet, _frame(0, 0), result["residuals"])
    _normality(sheet, _frame(1, 0), studies)
    _influence(sheet, _frame(0, 1), studies, result["thresholds"]["cook"])
    _outliers(sheet, _frame(1, 1), studies, titles)
    flagged = [
        i + 1 for i, study in enumerate(studies) if study["influential"] or study["outlying"]
    ]
    note = (
        "Dashed: what the model expects (A, B), Cook\u2019s distance "
        f"{result['thresholds']['cook']:.2f} (C), two standard deviations (D). Numbers are rows of "
        "the forest plot; filled points are flagged"
    )
    if flagged:
        note += ": " + ", ".join(str(i) for i in flagged[:20])
    sheet.note(_frame(0, 0)[0], height - 5.5, note + ".", TWO_COLUMNS - 20.0)
    return sheet.figure


def _frame(column: int, row: int) -> tuple[float, float]:
    """Return the upper left corner of a panel."""
    left = 15.5 + column * (_WIDE + _GUTTER)
    return left, _TOP + row * (_HIGH + _TOP + _BELOW)


def _plot(
    corner: tuple[float, float], xs: Sequence[float], ys: Sequence[float], **keep: Any
) -> Plot:
    left, top = corner
    return Plot(
        x=around(list(xs), left, left + _WIDE),
        y=around(list(ys), top + _HIGH, top, keep=keep.get("y")),
    )


def _panel(sheet: Sheet, corner: tuple[float, float], letter: str, name: str) -> None:
    left, top = corner
    sheet.text(left, top - 4.0, f"{letter}  {name}", size=SIZE, bold=True)


def _fit(sheet: Sheet, corner: tuple[float, float], residuals: list[dict[str, Any]]) -> None:
    _panel(sheet, corner, "A", "Goodness of fit")
    xs = [r["quantile"] for r in residuals]
    plot = _plot(corner, xs, [r["residual"] for r in residuals] + xs)
    draw_frame(sheet, plot, across="Normal quantile", up="Deviance residual")
    ends = [min(xs), max(xs)]
    sheet.line([plot.at(x, x) for x in ends], color=ACCENT, width=0.9, style=DASHED)
    for i, each in enumerate(residuals):
        title = (
            f"{each['label']}, {each['arm']}: deviance residual {words.signed(each['residual'])}"
        )
        mark = sheet.name(f"residual-{i + 1}", title)
        shape = "circle" if each["arm"] == ARMS[0] else "square"
        fill = INK if each["arm"] == ARMS[0] else WHITE
        place = plot.at(each["quantile"], each["residual"])
        sheet.dot(*place, 0.75, shape, fill=fill, edge=INK, width=0.5, mark=mark)
    x, y = plot.x.start + 3.0, plot.y.stop + 2.0
    for shape, fill, arm in (("circle", INK, ARMS[0]), ("square", WHITE, ARMS[1])):
        sheet.dot(x, y, 0.75, shape, fill=fill, edge=INK, width=0.5)
        sheet.text(x + 2.0, y, arm.capitalize(), size=TINY)
        y += 3.2


def _normality(sheet: Sheet, corner: tuple[float, float], studies: list[dict[str, Any]]) -> None:
    _panel(sheet, corner, "B", "Bivariate normality")
    dots: Dots = [
        (s["quantile"], s["mahalanobis"], i)
        for i, s in enumerate(studies)
        if s["mahalanobis"] is not None
    ]
    if not dots:
        _empty(
            sheet, corner, "Neither accuracy varies between the studies: no distance is defined."
        )
        return
    xs = [x for x, _, _ in dots]
    plot = _plot(corner, [0.0, *xs], [0.0, *xs, *(y for _, y, _ in dots)])
    draw_frame(sheet, plot, across="Chi-square quantile", up="Squared Mahalanobis distance")
    ends = [(0.0, 0.0), (max(xs), max(xs))]
    sheet.line([plot.at(*end) for end in ends], color=ACCENT, width=0.9, style=DASHED)
    _dots(sheet, plot, dots, {i for i, s in enumerate(studies) if s["outlying"]})


def _influence(
    sheet: Sheet, corner: tuple[float, float], studies: list[dict[str, Any]], limit: float
) -> None:
    _panel(sheet, corner, "C", "Influence")
    dots: Dots = [(i + 1.0, s["cook"], i) for i, s in enumerate(studies) if s["cook"] is not None]
    if not dots:
        _empty(
            sheet, corner, "Without any one study nothing can be estimated: no distance is defined."
        )
        return
    left, top = corner
    x = Scale(low=0.0, high=len(studies) + 1.0, start=left, stop=left + _WIDE)
    ys = [y for _, y, _ in dots]
    y = Scale(low=0.0, high=1.08 * max(*ys, limit), start=top + _HIGH, stop=top)
    plot = Plot(x=x, y=y)
    whole = {tick: f"{tick:.0f}" for tick in x.ticks() if tick >= 1 and tick == round(tick)}
    draw_frame(
        sheet,
        plot,
        across="Study (row of the forest plot)",
        up="Cook\u2019s distance",
        x_labels=whole,
    )
    for at, height, _ in dots:
        sheet.line([plot.at(at, 0.0), plot.at(at, height)], color=GREY, width=0.7)
    line = [plot.at(0.0, limit), plot.at(len(studies) + 1.0, limit)]
    sheet.line(line, color=ACCENT, width=0.9, style=DASHED)
    _dots(sheet, plot, dots, {i for i, s in enumerate(studies) if s["influential"]})


def _outliers(
    sheet: Sheet,
    corner: tuple[float, float],
    studies: list[dict[str, Any]],
    titles: dict[int, str],
) -> None:
    _panel(sheet, corner, "D", "Outliers")
    dots: Dots = [
        (s["standardised"][ARMS[1]], s["standardised"][ARMS[0]], i)
        for i, s in enumerate(studies)
        if None not in s["standardised"].values()
    ]
    if not dots:
        _empty(
            sheet, corner, "An accuracy does not vary between the studies: no effect to compare."
        )
        return
    plot = _plot(
        corner, [-2.2, 2.2, *(x for x, _, _ in dots)], [-2.2, 2.2, *(y for _, y, _ in dots)]
    )
    draw_frame(
        sheet,
        plot,
        across="Standardised effect on specificity",
        up="Standardised effect on sensitivity",
    )
    for limit in (-2.0, 0.0, 2.0):
        look: dict[str, Any] = {"color": GREY, "width": 0.5, "style": DASHED if limit else "-"}
        sheet.line([plot.at(limit, plot.y.low), plot.at(limit, plot.y.high)], **look)
        sheet.line([plot.at(plot.x.low, limit), plot.at(plot.x.high, limit)], **look)
    _dots(sheet, plot, dots, {i for i, s in enumerate(studies) if s["outlying"]}, titles)


def _empty(sheet: Sheet, corner: tuple[float, float], reason: str) -> None:
    left, top = corner
    plot = Plot(
        x=Scale(low=0, high=1, start=left, stop=left + _WIDE),
        y=Scale(low=0, high=1, start=top + _HIGH, stop=top),
    )
    sheet.box(left, top, _WIDE, _HIGH, edge=GREY, width=0.4)
    nothing_here(sheet, plot, reason)


def _dots(
    sheet: Sheet,
    plot: Plot,
    dots: Dots,
    flagged: set[int],
    titles: dict[int, str] | None = None,
) -> None:
    """Draw the points; number those that are flagged where there is room."""
    radius = 0.9 if len(dots) <= 40 else 0.7
    for x, y, i in dots:
        mark = titles[i] if titles else ""
        fill = ACCENT if i in flagged else WHITE
        sheet.dot(*plot.at(x, y), radius, fill=fill, edge=INK, width=0.6, mark=mark)
    taken: list[tuple[float, float, float, float]] = []
    for x, y, i in sorted(dots, key=lambda dot: -abs(dot[1])):
        if i in flagged and len(taken) < _FLAGS:
            _number(sheet, plot, plot.at(x, y), str(i + 1), taken)


def _number(
    sheet: Sheet,
    plot: Plot,
    place: tuple[float, float],
    label: str,
    taken: list[tuple[float, float, float, float]],
) -> None:
    """Write a number beside its point, at the first side that covers no other number."""
    width = width_of(label, TINY)
    for dx, dy in ((1.6, -1.4), (-1.6 - width, -1.4), (1.6, 1.6), (-1.6 - width, 1.6)):
        left, y = place[0] + dx, place[1] + dy
        box = (left, y - 1.2, left + width, y + 1.2)
        inside = plot.x.start < left and box[2] < plot.x.stop + 3.0
        if inside and not any(_meet(box, other) for other in taken):
            taken.append(box)
            sheet.text(left, y, label, size=TINY)
            return


def _meet(one: Sequence[float], other: Sequence[float]) -> bool:
    across = one[0] < other[2] and other[0] < one[2]
    return across and one[1] < other[3] and other[1] < one[3]


def _study_title(i: int, study: dict[str, Any]) -> str:
    cook = "not estimable" if study["cook"] is None else f"{study['cook']:.2f}"
    outlier = words.p_value(study["p"])
    return f"{i + 1}. {study['label']}: Cook\u2019s distance {cook}, outlier {outlier}"


def _told(result: dict[str, Any]) -> str:
    studies = result["influence"]
    flagged = [
        "; ".join(study["label"] for study in studies if study[flag]) or "none"
        for flag in ("influential", "outlying")
    ]
    return (
        f"Four panels of {words.studies(len(studies))}: deviance residuals, squared "
        "Mahalanobis distances, Cook\u2019s distances, standardised predicted random effects. "
        f"Influential: {flagged[0]}. Outlying: {flagged[1]}."
    )
