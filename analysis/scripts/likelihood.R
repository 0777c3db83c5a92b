# ---- 2. The exact likelihood, in base R ----------------------------------------------------------
# TP ~ Bin(n1, expit(mu1 + b1)), TN ~ Bin(n0, expit(mu2 + b2)), b = L u, u standard normal.
# Each study's integral over u by the trapezoidal rule on a grid round its mode: another method than
# the program's. theta = (mu1, mu2, l11, l21, l22).

log1pexp <- function(x) pmax(x, 0) + log1p(exp(-abs(x)))
log_joint <- function(u1, u2, theta) {
  eta1 <- theta[1] + theta[3] * u1
  eta2 <- theta[2] + theta[4] * u1 + theta[5] * u2
  events[, 1] * eta1 - totals[, 1] * log1pexp(eta1) +
    events[, 2] * eta2 - totals[, 2] * log1pexp(eta2) - (u1^2 + u2^2) / 2
}
curvature <- function(u1, u2, theta) {
  p1 <- plogis(theta[1] + theta[3] * u1)
  p2 <- plogis(theta[2] + theta[4] * u1 + theta[5] * u2)
  w1 <- totals[, 1] * p1 * (1 - p1)
  w2 <- totals[, 2] * p2 * (1 - p2)
  r1 <- events[, 1] - totals[, 1] * p1
  r2 <- events[, 2] - totals[, 2] * p2
  list(g1 = theta[3] * r1 + theta[4] * r2 - u1, g2 = theta[5] * r2 - u2,
       a = 1 + theta[3]^2 * w1 + theta[4]^2 * w2, b = theta[4] * theta[5] * w2,
       c = 1 + theta[5]^2 * w2)
}
modes <- function(theta) {
  u1 <- u2 <- numeric(k)
  now <- log_joint(u1, u2, theta)
  for (iteration in 1:200) {
    h <- curvature(u1, u2, theta)
    det <- h$a * h$c - h$b^2
    s1 <- (h$c * h$g1 - h$b * h$g2) / det
    s2 <- (h$a * h$g2 - h$b * h$g1) / det
    for (halving in 1:40) {
      new <- log_joint(u1 + s1, u2 + s2, theta)
      worse <- new < now - 1e-12 * abs(now)
      if (!any(worse)) break
      s1[worse] <- s1[worse] / 2
      s2[worse] <- s2[worse] / 2
    }
    u1 <- u1 + s1
    u2 <- u2 + s2
    now <- log_joint(u1, u2, theta)
    if (max(abs(s1), abs(s2)) < 1e-10) break
  }
  list(u1 = u1, u2 = u2, at = now)
}
log_likelihood <- function(theta, step = 0.25, reach = 12) {
  mode <- modes(theta)
  h <- curvature(mode$u1, mode$u2, theta)
  a <- sqrt(h$a)
  b <- h$b / a
  c <- sqrt(h$c - b^2)
  total <- numeric(k)
  grid <- seq(-reach, reach, by = step)
  along <- outer(1 / a, grid)
  for (z2 in grid) {
    u1 <- mode$u1 - z2 * b / (a * c) + along
    total <- total + rowSums(exp(log_joint(u1, mode$u2 + z2 / c, theta) - mode$at))
  }
  sum(mode$at + log(total * step^2 / (a * c)) - log(2 * pi) +
        lchoose(totals[, 1], events[, 1]) + lchoose(totals[, 2], events[, 2]))
}

cat("\nThe exact likelihood at the estimates\n")
theta <- expected$theta
here <- log_likelihood(theta)
# A few extreme tables leave the program's own integral uncertain, by as much as it says.
uncertain <- expected$quadrature_error
check("log-likelihood", here, expected$log_likelihood, tolerance$log_likelihood + 10 * uncertain)

# The estimates are its maximum, and the standard errors follow from its curvature.
# Rounding errors of large counts ask for wide second differences, curvature for narrow first ones.
derivatives <- function(theta, free, h = 5e-3, narrow = 5e-4) {
  at <- function(...) {
    moved <- theta
    for (change in list(...)) moved[change[1]] <- moved[change[1]] + change[2]
    log_likelihood(moved)
  }
  n <- length(free)
  gradient <- numeric(n)
  hessian <- matrix(0, n, n)
  for (i in seq_len(n)) {
    gradient[i] <- (at(c(free[i], narrow)) - at(c(free[i], -narrow))) / (2 * narrow)
    hessian[i, i] <- (at(c(free[i], h)) - 2 * here + at(c(free[i], -h))) / h^2
    for (j in seq_len(i - 1)) {
      hessian[i, j] <- hessian[j, i] <-
        (at(c(free[i], h), c(free[j], h)) - at(c(free[i], h), c(free[j], -h)) -
           at(c(free[i], -h), c(free[j], h)) + at(c(free[i], -h), c(free[j], -h))) / (4 * h^2)
    }
  }
  list(gradient = gradient, hessian = hessian)
}
if (k <= 300) {
  found <- derivatives(theta, expected$free)
  # Along a variance of zero the likelihood may be flat: that direction says nothing.
  parts <- eigen(-found$hessian, symmetric = TRUE)
  used <- parts$values > 1e-7 * max(parts$values)
  vectors <- parts$vectors[, used, drop = FALSE]
  covariance <- vectors %*% (t(vectors) / parts$values[used])
  onward <- drop(covariance %*% found$gradient) / sqrt(pmax(diag(covariance), 1e-12))
  check("furthest step to the maximum, in standard errors", max(abs(onward)), 0, tolerance$step)
  errors <- sqrt(diag(covariance))[1:2]
  for (i in 1:2) {
    check(paste("standard error, logit", arms[i]), errors[i], expected$standard_error[i],
          (tolerance$relative_error + 1000 * uncertain) * expected$standard_error[i])
  }
} else {
  note("more than 300 tables: maximum and standard errors are not checked in base R")
}

cat("\nWhat follows from the estimates\n")
mu <- theta[1:2]
covariance <- matrix(expected$mean_cov, 2)
ratio <- function(value, slope) {
  exp(value + c(0, -1, 1) * qnorm(0.975) * sqrt(drop(slope %*% covariance %*% slope)))
}
p <- plogis(mu)
ratios <- list(
  lr_positive = ratio(log(p[1]) - log1p(-p[2]), c(1 - p[1], p[2])),
  lr_negative = ratio(log1p(-p[1]) - log(p[2]), c(-p[1], -(1 - p[2]))),
  dor = ratio(sum(mu), c(1, 1))
)
for (name in names(ratios)) {
  for (i in 1:3) {
    check(paste(name, c("", "lower", "upper")[i]), ratios[[name]][i], expected[[name]][i],
          1e-6 * abs(expected[[name]][i]))
  }
}
L <- matrix(c(theta[3], theta[4], 0, theta[5]), 2)
sigma <- L %*% t(L)
s <- sqrt(diag(sigma))
if (min(s) > 1e-4) {
  r <- sqrt(s[2] / s[1])
  check("Lambda", r * mu[1] + mu[2] / r, expected$lambda, 1e-6 * max(1, abs(expected$lambda)))
  check("Theta", (r * mu[1] - mu[2] / r) / 2, expected$theta_hsroc, 1e-6)
  check("beta", log(s[2] / s[1]), expected$beta, 1e-6)
  curve <- function(fpr) plogis(mu[1] + s[1] / s[2] * (mu[2] + qlogis(fpr)))
  area <- function(from, to) integrate(curve, from, to, rel.tol = 1e-9, subdivisions = 2000)$value
  cuts <- unique(c(0, plogis(seq(-30, 30, by = 2)), 1))
  found <- sum(mapply(area, head(cuts, -1), tail(cuts, -1)))
  check("area under the curve", found, expected$auc, 1e-6)
}
