"""Meta-analysis of diagnostic test accuracy: the exact bivariate model and what follows from it."""

from analysis.bivariate import fit_bivariate
from analysis.data import TwoByTwos
from analysis.errors import AnalysisError, BadReport, BadTable, TooManyCandidates
from analysis.results import BivariateFit, NotEstimable
from analysis.versions import __version__

__all__ = [
    "AnalysisError",
    "BadReport",
    "BadTable",
    "BivariateFit",
    "NotEstimable",
    "TooManyCandidates",
    "TwoByTwos",
    "__version__",
    "fit_bivariate",
]
