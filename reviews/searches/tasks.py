"""Jobs of this stage."""
