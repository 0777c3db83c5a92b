"""Sources, searches, import batches and records."""
