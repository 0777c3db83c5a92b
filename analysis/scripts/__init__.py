"""An analysis as code for other programs: an R script, a Stata do-file, RevMan's parameters."""
