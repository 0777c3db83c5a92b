"""How long the statistics take, beside R's lme4, glmmTMB, mada and metafor in the same run.

    python -m benchmarks.statistics [--rounds N] [--bootstrap N] [K ...]

Both sides are warm and see the same simulated tables: R runs in one process, which times each fit
inside itself with proc.time (processor and wall-clock time). Rounds alternate between the two
sides, so that a busy machine slows both. Medians are printed, with ratios of processor time;
packages that are not installed are left out. lme4's glmer and glmmTMB take Laplace's approximation
to the same model; mada and metafor fit the normal approximation by REML.
"""

import argparse
import json
import shutil
import statistics
import subprocess
import time
from collections.abc import Callable

import numpy as np
from scipy.special import expit

from analysis import BivariateFit, TwoByTwos, fit_bivariate
from analysis.bootstrap import bootstrap
from analysis.further import supplement
from analysis.summary import describe

STUDIES = (10, 30, 100, 1000)
ASKED = {10: 10, 30: 10, 100: 5, 1000: 3}

R_PROGRAM = r"""
suppressPackageStartupMessages({
  has <- function(name) suppressWarnings(require(name, character.only = TRUE, quietly = TRUE))
  lme4 <- has("lme4"); tmb <- has("glmmTMB"); mada <- has("mada"); metafor <- has("metafor")
})
input <- file("stdin", "r")
clock <- function(run) {
  begun <- proc.time()
  suppressWarnings(suppressMessages(run()))
  spent <- proc.time() - begun
  c(sum(spent[c("user.self", "sys.self")]), spent["elapsed"])
}
say <- function(name, spent) cat(name, spent, "\n")
while (length(line <- readLines(input, n = 1)) > 0) {
  cells <- matrix(as.numeric(strsplit(line, " ")[[1]]), ncol = 4, byrow = TRUE)
  wide <- data.frame(TP = cells[, 1], FP = cells[, 2], FN = cells[, 3], TN = cells[, 4])
  k <- nrow(wide)
  long <- data.frame(
    y = c(wide$TP, wide$TN), n = c(wide$TP + wide$FN, wide$TN + wide$FP),
    sens = rep(c(1, 0), each = k), spec = rep(c(0, 1), each = k), study = rep(seq_len(k), 2)
  )
  form <- cbind(y, n - y) ~ 0 + sens + spec + (0 + sens + spec | study)
  if (lme4) say("lme4", clock(function() glmer(form, data = long, family = binomial)))
  if (tmb) say("glmmTMB", clock(function() glmmTMB(form, data = long, family = binomial)))
  if (mada) say("mada", clock(function() reitsma(wide)))
  if (metafor && k <= 100) {
    cut <- 0.5 * (apply(wide, 1, min) == 0)
    arms <- data.frame(
      yi = c(log((wide$TP + cut) / (wide$FN + cut)), log((wide$TN + cut) / (wide$FP + cut))),
      vi = c(1 / (wide$TP + cut) + 1 / (wide$FN + cut), 1 / (wide$TN + cut) + 1 / (wide$FP + cut)),
      arm = rep(c("sens", "spec"), each = k), study = rep(seq_len(k), 2)
    )
    say("metafor", clock(function() rma.mv(
      yi, vi, mods = ~ 0 + arm, random = ~ arm | study, struct = "UN", data = arms
    )))
  }
  cat("done\n")
  flush(stdout())
}
"""


class R:
    """One process of R, kept warm."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            ["Rscript", "--vanilla", "-e", R_PROGRAM],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def fit(self, data: TwoByTwos) -> dict[str, tuple[float, float]]:
        """Return processor and wall-clock seconds by package."""
        self.process.stdin.write(" ".join(str(cell) for row in data.rows for cell in row) + "\n")
        self.process.stdin.flush()
        found = {}
        for line in self.process.stdout:
            if line.strip() == "done":
                break
            name, processor, clock = line.split()
            found[name] = (float(processor), float(clock))
        return found

    def close(self) -> None:
        self.process.stdin.close()
        self.process.wait()


def main() -> None:
    asked = _arguments()
    r = R() if shutil.which("Rscript") else None
    if r is None:
        print("R is not installed: this package alone.")
    print(f"{'k':>5}  {'program':10}{'ms CPU':>9}{'ms clock':>10}{'ratio':>8}   asked")
    for k in asked.studies:
        _compare(k, asked.rounds, r)
    if r:
        r.close()
    _complete(asked.rounds)
    if asked.bootstrap:
        _bootstrap(asked.bootstrap)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("studies", nargs="*", type=int, default=STUDIES, metavar="K")
    parser.add_argument("--rounds", type=int, default=15, help="fits of each program")
    parser.add_argument("--bootstrap", type=int, default=1000, help="refits of 30 studies; 0: none")
    return parser.parse_args()


def _simulated(k: int, seed: int) -> TwoByTwos:
    """Draw k studies of 20 to 300 participants an arm around 0.86 and 0.88."""
    random = np.random.default_rng(seed)
    logits = np.array([1.8, 2.0]) + random.multivariate_normal(
        [0, 0], [[0.5, -0.15], [-0.15, 0.6]], size=k
    )
    totals = random.integers(20, 300, (k, 2))
    events = random.binomial(totals, expit(logits))
    cells = [events[:, 0], (totals - events)[:, 1], (totals - events)[:, 0], events[:, 1]]
    return TwoByTwos.from_rows(np.column_stack(cells).tolist())


def _timed(run: Callable[[], object]) -> tuple[float, float]:
    begun = time.process_time(), time.perf_counter()
    run()
    return time.process_time() - begun[0], time.perf_counter() - begun[1]


def _compare(k: int, rounds: int, r: R | None) -> None:
    rounds = rounds if k <= 100 else max(3, rounds // 3)
    spent: dict[str, list[tuple[float, float]]] = {}
    for seed in range(rounds + 2):
        data = _simulated(k, seed)
        found = {"this": _timed(lambda data=data: fit_bivariate(data))}
        found |= r.fit(data) if r else {}
        if seed >= 2:  # the first two warm both sides
            for name, seconds in found.items():
                spent.setdefault(name, []).append(seconds)
    ours = statistics.median(processor for processor, _ in spent["this"])
    for name, seconds in spent.items():
        processor, clock = (1000 * statistics.median(part) for part in zip(*seconds, strict=True))
        ratio = f"{processor / 1000 / ours:8.1f}" if name != "this" else f"{'':8}"
        wish = f"{ASKED[k]} or more" if name == "lme4" and k in ASKED else ""
        print(f"{k:5}  {name:10}{processor:9.1f}{clock:10.1f}{ratio}   {wish}", flush=True)


def _complete(rounds: int) -> None:
    """Time everything a result page shows of 30 studies, figures as data included."""

    def run(data: TwoByTwos) -> None:
        fit = fit_bivariate(data)
        json.dumps([describe(data, fit), supplement(data, fit)], allow_nan=False)

    seconds = [_timed(lambda seed=seed: run(_simulated(30, seed)))[0] for seed in range(rounds)]
    print(
        "Complete analysis of 30 studies (fit, profile and area intervals, leave-one-out, "
        f"influence, Deeks, ladder, figures as data): {statistics.median(seconds):.2f} s of CPU, "
        f"at most {max(seconds):.2f}; asked: below 1"
    )


def _bootstrap(replicates: int) -> None:
    fit = fit_bivariate(_simulated(30, 0))
    if isinstance(fit, BivariateFit):
        processor, clock = _timed(lambda: bootstrap(fit, replicates=replicates))
        print(f"{replicates} bootstrap refits of 30 studies: {processor:.1f} s CPU, {clock:.1f} s")


if __name__ == "__main__":
    main()
