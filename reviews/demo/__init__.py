"""The demo review as data: what a loader reads, see ``reviews.demo.facts``."""
