# ---- 1. Compare, and remember what differs ------------------------------------------------------

differences <- 0
check <- function(what, got, expected, tolerance) {
  if (is.na(expected)) return(invisible())
  agrees <- is.finite(got) && abs(got - expected) <= tolerance
  if (!agrees) differences <<- differences + 1
  cat(sprintf("%-46s %15.8g  expected %15.8g  %s\n", what, got, expected,
              if (agrees) "agrees" else "DIFFERS"))
}
note <- function(...) cat("  ", ..., "\n", sep = "")
has <- function(package) {
  there <- requireNamespace(package, quietly = TRUE)
  if (!there) note("package ", package, " is not installed: left out")
  there
}
attempt <- function(what, fit) {
  tryCatch(withCallingHandlers(fit, warning = function(w) {
    note(what, " warns: ", sub("\n.*", "", conditionMessage(w)))
    invokeRestart("muffleWarning")
  }, message = function(m) invokeRestart("muffleMessage")),
  error = function(e) {
    note(what, " failed, nothing to compare: ", sub("\n.*", "", conditionMessage(e)))
    NULL
  })
}

studies <- studies[with(studies, TP + FP + FN + TN > 0), ]
k <- nrow(studies)
events <- cbind(studies$TP, studies$TN)
totals <- cbind(studies$TP + studies$FN, studies$FP + studies$TN)
arms <- c("sensitivity", "specificity")
cat("\nTables:", k, "\n")
