"""The review, its question and rules, and who may do what in it."""
