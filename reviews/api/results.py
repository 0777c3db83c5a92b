"""The result of a run as OpenAPI describes it: what each key holds, in which units."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

Schema = dict[str, Any]


def _number(description: str) -> Schema:
    return {"type": "number", "nullable": True, "description": description}


def _text(description: str) -> Schema:
    return {"type": "string", "nullable": True, "description": description}


def _object(description: str, **properties: Schema) -> Schema:
    return {
        "type": "object",
        "nullable": True,
        "description": description,
        "properties": properties,
        "additionalProperties": True,
    }


def _list(description: str, items: Schema) -> Schema:
    return {"type": "array", "nullable": True, "description": description, "items": items}


PAIR: Schema = {
    "type": "array",
    "items": {"type": "number", "nullable": True},
    "minItems": 2,
    "maxItems": 2,
    "nullable": True,
    "description": "95% interval: low and high.",
}
REASON = _text("Why something is null.")


def _estimate(description: str) -> Schema:
    return _object(
        description,
        estimate=_number("The estimate."),
        standard_error=_number("On the scale of the estimate, of the logarithm for ratios."),
        wald=PAIR,
        reason=REASON,
    )


def _arms(description: str, each: Schema) -> Schema:
    return _object(description, sensitivity=each, specificity=each)


_TEST = _object(
    "A likelihood-ratio test.",
    chi2=_number("Twice the difference of the log-likelihoods."),
    df=_number("Parameters that the simpler model lacks."),
    p=_number("Of the distribution named by reference."),
    reference=_text("chi2, or half chi2_0 + half chi2_1."),
    note=_text("How to read it."),
)
_ACCURACY = _object("A proportion.", estimate=_number("The estimate."), wald=PAIR)
_BOTH = {"sensitivity": _ACCURACY, "specificity": _ACCURACY}
_CHI_SQUARE = _object(
    "Do all studies have one value?",
    q=_number("The statistic."),
    df=_number("Degrees of freedom."),
    p=_number("Chi-square."),
    i2=_number("I2 of Higgins and Thompson, 0 to 1."),
    reason=REASON,
)
_NAMED = {"label": _text("Of the table.")}

RESULT = _object(
    "The whole analysis, frozen; null until the run is finished. What cannot be estimated is null,"
    " with a sentence under reasons or warnings. Runs of older versions lack later keys.",
    k=_number("Studies used."),
    model=_text("The model fitted."),
    fit=_object(
        "The bivariate binomial model on the logit scale.",
        converged={"type": "boolean"},
        sensitivity=_ACCURACY,
        specificity=_ACCURACY,
        mean_logit=_list("Mean logit sensitivity and specificity.", _number("Logit.")),
        mean_cov=_list("Their covariance.", _list("A row.", _number("Logit squared."))),
        between_cov=_list("Between-study covariance.", _list("A row.", _number("Logit squared."))),
        correlation=_number("Of logit sensitivity and specificity between studies."),
        log_likelihood=_number("Binomial coefficients included."),
        aic=_number("Akaike's criterion."),
        bic=_number("Schwarz's criterion, n = 2k."),
        quadrature_error=_number("What the integration may leave uncertain in the likelihood."),
        boundary=_list("What lies at its bound.", _text("A sentence.")),
        fallback=_object("Where not estimable: what can be said of each arm."),
    ),
    profile=_arms("Profile-likelihood intervals.", _object("Of an arm.", interval=PAIR)),
    prediction_intervals=_arms("Where a new study is expected, 95%.", PAIR),
    population_average=_arms("Accuracy averaged over studies.", _estimate("A proportion.")),
    likelihood_ratios=_object(
        "Ratios of the summary point.",
        lr_positive=_estimate("LR+."),
        lr_negative=_estimate("LR-."),
        dor=_estimate("Diagnostic odds ratio."),
    ),
    auc=_object(
        "Area under the summary ROC curve.",
        estimate=_number("From 0 to 1."),
        logit_delta=PAIR,
        partial=_number("Mean sensitivity over the observed range of specificity."),
    ),
    hsroc=_object(
        "Parameters of Rutter and Gatsonis.",
        **{
            name: _estimate(name)
            for name in ("lambda", "theta", "beta", "variance_alpha", "variance_theta")
        },
    ),
    between_studies=_object(
        "Variances of the logits and their correlation.",
        variance_sensitivity=_estimate("Variance."),
        variance_specificity=_estimate("Variance."),
        correlation=_estimate("Correlation."),
    ),
    i2=_object(
        "I2 of Zhou and Dendukuri, 0 to 1.",
        sensitivity=_number("One arm."),
        specificity=_number("One arm."),
        bivariate=_number("Both."),
        reason=REASON,
    ),
    median_odds_ratio=_arms("Of two studies taken at random, 1 or more.", _number("A ratio.")),
    prediction_area=_estimate("Area of the 95% prediction region, 0 to 1."),
    descriptive=_object(
        "What older reviews report.",
        q=_object(
            "Tests of equal studies.",
            lndor=_CHI_SQUARE,
            sensitivity=_CHI_SQUARE,
            specificity=_CHI_SQUARE,
        ),
        sens_fpr_correlation=_object("Between observed values.", spearman=_number("Spearman's.")),
        moses_littenberg=_object("The obsolete regression."),
    ),
    subgroups=_object(
        "Only where the plan compares subgroups: the comparison.",
        covariate=_text("What the groups are of."),
        groups=_list(
            "By level.",
            _object("A group.", level=_text("Its name."), **_BOTH),
        ),
        relative=_list("Against the first level.", _object("Ratios of accuracy.")),
        lrt_joint=_TEST,
        lrt_sensitivity=_TEST,
        lrt_specificity=_TEST,
        reason=REASON,
        warnings=_list("For the reader.", _text("A sentence.")),
    ),
    lrt=_object(
        "Simpler models against fuller ones.",
        no_correlation=_TEST,
        no_random_effects=_TEST,
        no_variance_sensitivity=_TEST,
        no_variance_specificity=_TEST,
    ),
    ladder=_list(
        "Steps from the bivariate model to the one these tables support.",
        _object(
            "A step.",
            model=_text("The model."),
            kept={"type": "boolean"},
            reason=_text("Why it ends here, or goes on."),
            sensitivity=_ACCURACY,
            specificity=_ACCURACY,
            lrt=_TEST,
        ),
    ),
    leave_one_out=_list(
        "In the order of the inputs that have participants.",
        _object(
            "Without one table.",
            **_NAMED,
            sensitivity=_ACCURACY,
            specificity=_ACCURACY,
            reason=REASON,
        ),
    ),
    influence=_list(
        "In the order of the inputs that have participants.",
        _object(
            "Of one table.",
            **_NAMED,
            cook=_number("Cook's distance."),
            predicted=_arms("Empirical Bayes.", _number("A proportion.")),
            standardised=_arms("Predicted effects.", _number("Standard deviations.")),
            mahalanobis=_number("Squared distance."),
            p=_number("Chi-square."),
            influential={"type": "boolean"},
            outlying={"type": "boolean"},
        ),
    ),
    study_by_study_reason=_text("Why the two above are null."),
    deeks=_object(
        "Test of small-study effects.",
        slope=_number("Of lnDOR over 1 / root of the effective sample size."),
        interval=PAIR,
        p=_number("Two-sided; below 0.10 is read as asymmetry."),
        reason=REASON,
    ),
    forest=_list("A row per input.", _object("A table with exact intervals.")),
    sroc=_object("Points, curve and regions as [1 - specificity, sensitivity]."),
    reasons=_object("By key, why it is null."),
    warnings=_list("For the reader.", _text("A sentence.")),
    versions=_object("Of the programs that made the numbers."),
    input_sha256=_text("Of the counts."),
)


@extend_schema_field(RESULT)
class Result(serializers.JSONField):
    """A run's stored result."""


ROWS: Schema = {
    "type": "array",
    "items": {
        "type": "object",
        "additionalProperties": {
            "oneOf": [{"type": "number"}, {"type": "string"}, {"type": "boolean"}],
            "nullable": True,
        },
    },
}
