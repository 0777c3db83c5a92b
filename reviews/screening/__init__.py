<<<<<<< HEAD
"""Independent decisions, conflicts and outcomes."""
=======
"""Who decided what about which record, and what follows from it."""
>>>>>>> parsers
