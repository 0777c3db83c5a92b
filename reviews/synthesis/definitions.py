"""What each number of a run is, in a sentence or two, with where its formula comes from. Pure."""

from collections.abc import Mapping

DEFINITIONS: Mapping[str, str] = {
    "sensitivity": "Share of those with the target condition whom the test finds, in the median"
    " study: the inverse logit of the model's mean (Reitsma 2005; Chu and Cole 2006). The SE is"
    " that of the logit.",
    "specificity": "Share of those without the target condition whom the test clears, in the median"
    " study: the inverse logit of the model's mean (Reitsma 2005; Chu and Cole 2006). The SE is"
    " that of the logit.",
    "average_sensitivity": "Mean of the true sensitivities over all studies such as these: the"
    " inverse logit averaged over the spread between studies (Zeger 1988). It is nearer to one half"
    " than the accuracy of the median study, which programs report.",
    "average_specificity": "Mean of the true specificities over all studies such as these: the"
    " inverse logit averaged over the spread between studies (Zeger 1988).",
    "lr_positive": "How much a positive result multiplies the odds of the target condition:"
    " sensitivity / (1 \u2212 specificity). Interval and SE on the log scale, by the delta method.",
    "lr_negative": "How much a negative result multiplies the odds of the target condition:"
    " (1 \u2212 sensitivity) / specificity. Interval and SE on the log scale, by the delta method.",
    "dor": "Odds of a positive result with the target condition over those without it: LR+ /"
    " LR\u2212. Interval and SE on the log scale, by the delta method.",
    "auc": "Area under the summary ROC curve from specificity 1 to 0, integrated numerically, so"
    " beyond where studies lie. Interval by the delta method on the logit scale.",
    "auc_partial": "Mean sensitivity along the summary ROC curve over the specificities that the"
    " studies observed. No interval is defined for it here.",
    "lambda": "Accuracy parameter of the hierarchical summary ROC model (Rutter and Gatsonis 2001),"
    " through Harbord's relations (2007); the larger, the better the test separates.",
    "theta": "Threshold parameter of the hierarchical summary ROC model: above zero where studies"
    " lean towards calling results positive.",
    "beta": "Shape parameter: the logarithm of the ratio of the two standard deviations; zero for a"
    " curve that is symmetric.",
    "variance_alpha": "How much accuracy varies between studies, in the hierarchical model.",
    "variance_theta": "How much the threshold varies between studies, in the hierarchical model.",
    "between_variance_sensitivity": "Variance of the true logit sensitivities between studies"
    " (tau\u00b2). Interval on the log scale, as metandi prints it.",
    "between_variance_specificity": "Variance of the true logit specificities between studies"
    " (tau\u00b2). Interval on the log scale, as metandi prints it.",
    "between_correlation": "Correlation of the true logits between studies. Negative where studies"
    " trade sensitivity for specificity by their threshold; programs that work with the false"
    " positive rate print the other sign. Interval on Fisher's z scale.",
    "i2_sensitivity": "Share of the variance of observed logit sensitivities that lies between"
    " studies (Zhou and Dendukuri 2014). No interval is in use for it.",
    "i2_specificity": "Share of the variance of observed logit specificities that lies between"
    " studies (Zhou and Dendukuri 2014). No interval is in use for it.",
    "i2_bivariate": "The same for both arms together, from the square roots of the determinants"
    " (Zhou and Dendukuri 2014). No interval is in use for it.",
    "median_odds_ratio_sensitivity": "Median ratio of the odds of being found in two studies taken"
    " at random, the larger over the smaller (Larsen 2005): 1 for no differences. Its"
    " interval follows from that of the variance.",
    "median_odds_ratio_specificity": "Median ratio of the odds of being cleared in two studies"
    " taken at random, the larger over the smaller (Larsen 2005): 1 for no differences. Its"
    " interval follows from that of the variance.",
    "prediction_area": "Area of the 95% prediction region as a share of the ROC square: the wider,"
    " the less is known of a new study. It has no interval.",
    "q_lndor": "Cochran's Q of the log odds ratios, 0.5 added to the cells of studies with a zero."
    " It tests whether all studies have one and the same odds ratio.",
    "q_sensitivity": "Likelihood-ratio chi-square for one and the same sensitivity in all studies.",
    "q_specificity": "Likelihood-ratio chi-square for one and the same specificity in all studies.",
    "i2_lndor": "I\u00b2 of Higgins and Thompson (2002) of the log odds ratios: 1 \u2212 df / Q. It"
    " looks at one number where accuracy has two, and is given for comparison with older reviews."
    " Interval by their test-based method.",
    "spearman": "Spearman's correlation of observed sensitivities and false positive rates: a"
    " positive one suggests a common threshold effect. No interval is given.",
    "deeks_slope": "Slope of the log odds ratio over 1 / \u221a(effective sample size), weighted by"
    " that size (Deeks 2005).",
    "deeks_intercept": "Log odds ratio that the regression gives for an endlessly large study.",
    "ppv": "Probability of the target condition after a positive result, by Bayes' theorem: the"
    " prevalence counts as known.",
    "npv": "Probability of no target condition after a negative result, by Bayes' theorem.",
    "post_negative": "Probability of the target condition after a negative result: 1 \u2212 NPV.",
    "no_correlation": "The bivariate model against one with independent arms.",
    "no_random_effects": "The bivariate model against one accuracy for all studies.",
    "no_variance_sensitivity": "Independent arms against one sensitivity for all studies.",
    "no_variance_specificity": "Independent arms against one specificity for all studies.",
    "leave_one_out": "The same model, fitted again without the study, 95% Wald intervals."
    " The change is against all studies.",
    "cook": "How far the summary point moves without the study, in units of its own uncertainty"
    " (Cook 1977). Above 0.693 it moves to the edge of its 50% confidence region.",
    "predicted": "Where the model believes the study's true accuracy to lie, drawn towards the"
    " summary (empirical Bayes).",
    "standardised": "How far that is from the summary, in standard deviations.",
    "mahalanobis": "Squared distance of both effects from the summary, compared with the"
    " chi-square distribution; p below 0.01 is called outlying.",
}
