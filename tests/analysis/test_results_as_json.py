"""Every result is frozen and has plain values: JSON without NaN or infinity."""

import dataclasses
import importlib
import inspect
import json
import pkgutil
import types
import typing

import numpy as np
import pytest

import analysis
from analysis import TwoByTwos, fit_bivariate
from analysis.forest import forest_rows
from analysis.influence import predicted_effects
from analysis.intervals import clopper_pearson, wilson
from analysis.log_odds import log_odds
from analysis.reml import MixedModel, fit_mixed_model
from analysis.scripts.revman import revman_parameters
from analysis.solver import solve_two_by_two
from analysis.summary import analyse
from tests.analysis.tables import EMPTY_ARMS, XRAY

# What is given to the functions, and the parts they work with: no results.
GIVEN = {"TwoByTwos", "Covariate", "Correction", "Judgements", "Domain", "Wishes"}
PARTS = {
    *{"Arms", "Evaluation", "Modes", "Maximum", "CheckedMaximum"},
    *{"Clusters", "ClusterFit", "FourArms", "Scale"},
    *{"Facts", "Conditions", "Found", "Fitting", "Printed", "PrintedInterval"},
    *{"Plot", "Row", "Mark"},
}


def public_functions():
    for module in pkgutil.walk_packages(analysis.__path__, "analysis."):
        if not module.name.startswith(("analysis.__main__", "analysis.commands")):
            for name, function in vars(importlib.import_module(module.name)).items():
                own = getattr(function, "__module__", None) == module.name
                if own and inspect.isfunction(function) and not name.startswith("_"):
                    yield function


def classes_in(annotation):
    if isinstance(annotation, type) and not isinstance(annotation, types.GenericAlias):
        yield annotation
    for part in typing.get_args(annotation):
        yield from classes_in(part)


def plain(value):
    return json.loads(json.dumps(value, allow_nan=False))


def test_what_a_public_function_returns_has_plain_values():
    returned = {
        found
        for function in public_functions()
        for found in classes_in(typing.get_type_hints(function).get("return"))
        if dataclasses.is_dataclass(found)
    }
    results = {found for found in returned if found.__name__ not in GIVEN | PARTS}
    assert len(results) >= 15
    assert {found.__name__ for found in results if not hasattr(found, "to_dict")} == set()
    assert all(found.__dataclass_params__.frozen for found in returned)


@pytest.mark.parametrize("rows", [XRAY, EMPTY_ARMS])
def test_the_rows_of_a_forest_plot(rows):
    data = TwoByTwos.from_rows(rows)
    for row, counts in zip(forest_rows(data, level=0.9), rows, strict=True):
        told = plain(row.to_dict())
        tp, fp, fn, tn = counts
        assert [told[cell] for cell in ("tp", "fp", "fn", "tn")] == counts
        for arm, y, n in (("sensitivity", tp, tp + fn), ("specificity", tn, fp + tn)):
            known = told[arm]
            assert (known["events"], known["total"]) == (y, n)
            assert known["estimate"] == (y / n if n else None)
            exact = clopper_pearson(y, n, 0.9)[0].tolist() if n else None
            assert known["exact"] == exact
            assert known["wilson"] == (wilson(y, n, 0.9)[0].tolist() if n else None)


def test_log_odds():
    points = log_odds(TwoByTwos.from_rows(EMPTY_ARMS))
    told = plain(points.to_dict())
    assert told["labels"] == ["Study 1", "Study 3", "Study 5"]
    assert told["left_out"] == ["Study 2", "Study 4"]
    assert told["corrected"] == [False, True, False]
    assert told["lndor"][0] == pytest.approx(np.log(8 * 40 / (2 * 3)))
    assert told["variance"][0] == pytest.approx(1 / 8 + 1 / 2 + 1 / 3 + 1 / 40)


@pytest.mark.parametrize("rows", [XRAY, [[8, 2, 2, 8], [16, 4, 4, 16], [24, 6, 6, 24]]])
def test_predicted_effects(rows):
    for effect in predicted_effects(fit_bivariate(TwoByTwos.from_rows(rows))):
        told = plain(effect.to_dict())
        logit = np.log(told["predicted"]["sensitivity"] / (1 - told["predicted"]["sensitivity"]))
        assert logit == pytest.approx(effect.mode[0])
        assert (told["df"], told["mahalanobis"]) == (effect.df, effect.mahalanobis)


def test_a_mixed_model():
    x = np.column_stack([np.ones(6), np.arange(6.0)])
    y = np.array([0.1, 1.2, 1.8, 3.3, 3.9, 5.1])
    group = np.array([0, 0, 1, 1, 2, 2])
    told = plain(fit_mixed_model(y, x, x[:, :1], np.ones(6), group).to_dict())
    assert told["converged"]
    assert told["beta"] == pytest.approx([0.06, 1.0], abs=0.2)
    assert np.shape(told["covariance"]) == (2, 2)


def test_a_mixed_model_without_a_fit_has_nulls():
    nothing = np.full(2, np.nan)
    failed = MixedModel(
        beta=nothing,
        covariance=np.full((2, 2), np.inf),
        residual_variance=np.nan,
        between_cov=np.zeros((1, 1)),
        criterion=np.inf,
        converged=False,
    )
    told = plain(failed.to_dict())
    assert told.pop("converged") is False
    assert set(told.values()) == {None}


def test_disagreements():
    counts = {"tp": 36, "fp": 2, "fn": 8, "tn": 26}
    found = solve_two_by_two(counts=counts, reported={"sensitivity": "82.9%"})
    assert [each.to_dict() for each in found.disagreements] == plain(
        found.to_dict()["disagreements"]
    )
    assert found.disagreements[0].to_dict()["exact"] == pytest.approx(36 / 44)


def test_parameters_for_revman():
    found = revman_parameters(analyse(XRAY))
    assert len(found) == 15
    assert plain([each.to_dict() for each in found])[0]["value"] == found[0].value
