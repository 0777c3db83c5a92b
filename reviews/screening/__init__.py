"""Who decided what about which record, and what follows from it."""
