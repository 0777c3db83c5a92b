"""Cohorts and 2x2 tables, drafted by extractors and agreed."""
