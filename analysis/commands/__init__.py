"""Commands of ``python -m analysis``: each module adds one to the parser."""
