"""An analysis as a Stata do-file."""

from collections.abc import Mapping, Sequence
from typing import Any

from analysis.data import CELLS, TwoByTwos
from analysis.results import ARMS
from analysis.scripts.quoting import comment, stata_string
from analysis.scripts.revman import revman_parameters


def stata_do_file(
    rows: Sequence[Sequence[int]], labels: Sequence[str], result: Mapping[str, Any]
) -> str:
    """Return a do-file for metandi and midas with the tables inline and what to expect.

    It is written for Stata 14 or newer and was not run: Stata is not free software. metandi
    integrates by adaptive quadrature with 5 points by default; ``nip()`` asks for more.

    Parameters
    ----------
    rows : sequence of (tp, fp, fn, tn)
    labels : sequence of str
        One per row; any characters, of which the first 200 are kept.
    result : mapping
        What `analysis.summary.analyse` returned for these rows.

    Returns
    -------
    str

    Raises
    ------
    BadTable
        The rows are no 2x2 tables.
    """
    data = TwoByTwos.from_rows(rows, labels)
    tables = [" ".join(map(str, (i, *row))) for i, row in enumerate(data.rows, start=1)]
    names = [
        f"quietly replace study = {stata_string(label)} in {i}"
        for i, label in enumerate(data.labels, start=1)
    ]
    return "\n".join(
        [
            *(comment(line, "*") for line in _told(result)),
            "",
            "version 14",
            "clear all",
            f"input long(id {' '.join(cell.lower() for cell in CELLS)})",
            *tables,
            "end",
            'generate strL study = ""',
            *names,
            "drop if tp + fp + fn + tn == 0",
            "",
            *(_ANALYSES if result["fit"]["converged"] else _NOTHING),
            "",
        ]
    )


def _told(result: Mapping[str, Any]) -> list[str]:
    fit = result["fit"]
    lines = [
        f"Meta-analysis of diagnostic test accuracy: {fit['k']} tables, {fit['model']} model.",
        f"SHA-256 of the counts: {result['input_sha256']}. This do-file was not run.",
    ]
    if not fit["converged"]:
        return [*lines, *(text.encode("ascii", "replace").decode() for text in fit["warnings"])]
    for arm in ARMS:
        low, high = fit[arm]["wald"]
        lines.append(f"Expected {arm} {fit[arm]['estimate']:.6f}, {low:.6f} to {high:.6f}")
    lines += [
        f"Expected {each.name} = {each.value:.6f}"
        for each in revman_parameters(result)
        if isinstance(each.value, float)
    ]
    return [*lines, f"Expected log-likelihood {fit['log_likelihood']:.6f}"]


_ANALYSES = (
    "* ssc install metandi",
    "metandi tp fp fn tn, nip(11)",
    "metandiplot tp fp fn tn",
    "",
    "* ssc install midas",
    "* ssc install mylabels",
    "midas tp fp fn tn, res(all) nip(11)",
    "midas tp fp fn tn, plot sroc(both)",
    "midas tp fp fn tn, pubbias",
    "",
    "* The same model without either command.",
    "generate long n1 = tp + fn",
    "generate long n0 = fp + tn",
    "generate long true1 = tp",
    "generate long true0 = tn",
    "keep id study n1 n0 true1 true0",
    "reshape long n true, i(id) j(sens)",
    "drop if n == 0",
    "generate byte spec = 1 - sens",
    "meqrlogit true sens spec, noconstant || id: sens spec, noconstant ///",
    "  covariance(unstructured) binomial(n) intpoints(11) refineopts(iterate(3))",
)
_NOTHING = (
    "* There is no joint estimate of these tables. Exact intervals of the pooled counts:",
    "quietly summarize tp",
    "local tp = r(sum)",
    "quietly summarize fn",
    "local fn = r(sum)",
    "quietly summarize tn",
    "local tn = r(sum)",
    "quietly summarize fp",
    "local fp = r(sum)",
    "if `tp' + `fn' > 0 cii proportions `=`tp' + `fn'' `tp'",
    "if `tn' + `fp' > 0 cii proportions `=`tn' + `fp'' `tn'",
)
