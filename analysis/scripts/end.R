
said <- if (differences == 0) "Everything agrees." else paste(differences, "differ.")
cat("\n", said, "\n", sep = "")
if (!interactive()) quit(status = if (differences == 0) 0 else 1)
