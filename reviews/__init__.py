"""The web application: one Django app, cut by stage of the review."""
