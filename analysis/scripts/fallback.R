# ---- 2. What is said of each arm, because there is no joint estimate ----------------------------

for (i in 1:2) {
  said <- expected$fallback[[i]]
  cat("\n", arms[i], ": ", said$kind, "\n", sep = "")
  y <- sum(events[, i])
  n <- sum(totals[, i])
  if (said$kind == "bound") {
    side <- if (said$side == "lower") "greater" else "less"
    bounds <- binom.test(y, n, alternative = side)$conf.int
    check(paste("one-sided 95 %", said$side, "bound"), bounds[if (side == "greater") 1 else 2],
          said$bound, 1e-8)
  }
  if (said$kind == "exact") {
    bounds <- binom.test(y, n)$conf.int
    check("exact lower bound", bounds[1], said$interval[1], 1e-8)
    check("exact upper bound", bounds[2], said$interval[2], 1e-8)
  }
}
