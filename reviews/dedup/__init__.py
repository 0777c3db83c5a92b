"""Groups of records that are copies of one report."""
