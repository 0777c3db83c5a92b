"""The user and the way in."""
