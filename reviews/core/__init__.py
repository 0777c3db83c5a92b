"""What every stage leans on: errors, HTTP, files, composite keys, audit. Knows no stage."""
