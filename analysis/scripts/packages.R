# ---- 3. The same tables with R's packages --------------------------------------------------------

long <- data.frame(
  study = factor(rep(seq_len(k), 2)), sens = rep(1:0, each = k), spec = rep(0:1, each = k),
  true = c(events), n = c(totals)
)
long <- long[long$n > 0, ]

if (has("lme4")) {
  control <- lme4::glmerControl(
    optimizer = "bobyqa", check.nobs.vs.nlev = "ignore", check.nobs.vs.nRE = "ignore",
    check.nlev.gtr.1 = "ignore"
  )
  for (i in 1:2) {
    alone <- expected$alone[[i]]
    if (is.null(alone)) next
    cat("\nlme4,", arms[i], "alone, 75 quadrature nodes: the same likelihood\n")
    arm <- long[long[[c("sens", "spec")[i]]] == 1, ]
    fit <- attempt("glmer", lme4::glmer(
      cbind(true, n - true) ~ 1 + (1 | study), data = arm, family = binomial, nAGQ = 75,
      control = control
    ))
    if (is.null(fit)) next
    # Where studies lie many logits apart lme4's nodes are too few: exact is the one given here.
    near <- tolerance$quadrature * max(1, alone$standard_error) * if (alone$sd > 3) 10 else 1
    check("mean logit", lme4::fixef(fit)[[1]], alone$mean, near)
    check("standard error", sqrt(vcov(fit)[1, 1]), alone$standard_error, near)
    check("standard deviation between studies", attr(lme4::VarCorr(fit)$study, "stddev")[[1]],
          alone$sd, 10 * near)
  }
  if (!is.null(expected$theta) && expected$model == "bivariate") {
    cat("\nlme4, both arms, Laplace's approximation: near the exact estimates, not at them\n")
    fit <- attempt("glmer", lme4::glmer(
      cbind(true, n - true) ~ 0 + sens + spec + (0 + sens + spec | study), data = long,
      family = binomial, control = control
    ))
    if (!is.null(fit)) {
      for (i in 1:2) {
        check(arms[i], plogis(lme4::fixef(fit)[[i]]), plogis(theta[i]), tolerance$laplace)
      }
      note(sprintf("log-likelihood %.4f, exact %.4f", as.numeric(logLik(fit)), here))
    }
  }
}

if (!is.null(expected$theta) && expected$model == "bivariate" && has("glmmTMB")) {
  cat("\nglmmTMB, both arms, Laplace's approximation\n")
  fit <- attempt("glmmTMB", glmmTMB::glmmTMB(
    cbind(true, n - true) ~ 0 + sens + spec + (0 + sens + spec | study), data = long,
    family = binomial
  ))
  if (!is.null(fit)) {
    found <- glmmTMB::fixef(fit)$cond
    if (all(is.finite(c(found, sqrt(diag(vcov(fit)$cond)))))) {
      for (i in 1:2) check(arms[i], plogis(found[[i]]), plogis(theta[i]), tolerance$laplace)
    } else {
      note("glmmTMB did not reach a maximum: nothing to compare")
    }
  }
}

# The normal-normal model (Reitsma 2005): logits with variances 1/events + 1/non-events, 0.5 added
# to every cell as soon as one is zero. Another model, so other estimates: those of its own.
if (!is.null(expected$reitsma)) {
  add <- if (any(studies[c("TP", "FP", "FN", "TN")] == 0)) 0.5 else 0
  y <- log((events + add) / (totals - events + add))
  v <- 1 / (events + add) + 1 / (totals - events + add)
  rows <- data.frame(study = factor(rep(seq_len(k), 2)), arm = factor(rep(arms, each = k), arms),
                     y = c(y), v = c(v))[c(totals) > 0, ]
  compare <- function(program, means, log_likelihood) {
    if (log_likelihood < expected$reitsma$log_likelihood - 1e-3) {
      return(note(program, " stopped below the maximum (", signif(log_likelihood, 8), " < ",
                  signif(expected$reitsma$log_likelihood, 8), "): nothing to compare"))
    }
    for (i in 1:2) {
      check(paste("mean logit", arms[i]), means[i], expected$reitsma$mean[i], tolerance$reitsma)
    }
  }
  if (has("metafor")) {
    cat("\nmetafor, normal-normal model, REML\n")
    fit <- attempt("rma.mv", metafor::rma.mv(
      y, v, mods = ~ 0 + arm, random = ~ arm | study, struct = "UN", data = rows, method = "REML"
    ))
    if (!is.null(fit)) compare("metafor", coef(fit), as.numeric(logLik(fit)))
  }
  if (has("mada")) {
    cat("\nmada, normal-normal model, REML (specificity by its false positive rate)\n")
    fit <- attempt("reitsma", mada::reitsma(
      studies[c("TP", "FN", "FP", "TN")], method = "reml", correction = 0.5,
      correction.control = "all"
    ))
    if (!is.null(fit)) {
      found <- fit$coefficients[1, ] * c(1, -1)
      note(sprintf("mean logit sensitivity %.6f, here %.6f", found[1], expected$reitsma$mean[1]))
      note(sprintf("mean logit specificity %.6f, here %.6f", found[2], expected$reitsma$mean[2]))
    }
  }
}
