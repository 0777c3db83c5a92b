"""Independent decisions, conflicts and outcomes."""
