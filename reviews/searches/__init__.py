"""Sources, searches, import batches and the records they brought."""
