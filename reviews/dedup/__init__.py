<<<<<<< HEAD
"""Records of the same report, grouped and undoable."""
=======
"""Groups of records that are copies of one report."""
>>>>>>> parsers
