"""Figures for files: a result in, a matplotlib figure or bytes out. Nothing else imports these."""
