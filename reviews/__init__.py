<<<<<<< HEAD
"""The web application: one Django app, cut by stage of the review."""
=======
"""A systematic review of diagnostic test accuracy, stage by stage."""
>>>>>>> parsers
