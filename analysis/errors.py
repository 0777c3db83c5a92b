"""What can go wrong with an analysis: one family, each with a sentence for the user."""


class AnalysisError(ValueError):
    """Base of every error this package raises on purpose; its text is fit for the user."""


class BadTable(AnalysisError):
    """The 2x2 tables as given cannot be read: a column is missing, a count is not a count."""


class BadCovariate(AnalysisError):
    """A covariate that is not there, or does not vary."""


class BadReport(AnalysisError):
    """A reported figure given to the 2x2 solver cannot be read."""


class BadCorrection(AnalysisError):
    """A continuity correction that is no correction."""


class BadOption(AnalysisError):
    """Options of the command line that do not go together."""


class TooManyCandidates(AnalysisError):
    """Too little is known for the 2x2 solver to look through every table."""
