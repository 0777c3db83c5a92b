"""A systematic review of diagnostic test accuracy, stage by stage."""
