"""Secrets: made once, shown once, kept as a hash."""

import hashlib
import secrets

PREFIX = "qdt_"


def new_secret() -> str:
    """Return 32 random bytes as text, behind a prefix that scanners for leaks can find."""
    return PREFIX + secrets.token_urlsafe(32)


def hash_of(secret: str) -> str:
    """Return the SHA-256 that is stored; the secret is random, so no salt is needed."""
    return hashlib.sha256(secret.encode()).hexdigest()
