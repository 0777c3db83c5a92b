"""Records of the same report, grouped and undoable."""
