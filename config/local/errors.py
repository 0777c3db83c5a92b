"""What local mode says when it cannot go on."""


class CannotStart(Exception):
    """Carries one sentence for the person at the terminal, with what to do next."""
