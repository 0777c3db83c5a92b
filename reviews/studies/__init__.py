"""Studies, and the reports that describe them."""
