"""Stored files: content-addressed, immutable, written whole or not at all."""

import errno
import hashlib
import os
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import IO

from django.conf import settings
from django.db import models

from reviews.core.errors import DomainError

CHUNK = 1024 * 1024
INCOMING = "incoming-"
STUMP_SECONDS = 24 * 3600  # longer than any upload takes


class StoredFile(models.Model):
    """Bytes under their SHA-256; rows elsewhere point here with the name the user gave."""

    sha256 = models.CharField(max_length=64, unique=True, editable=False)
    size = models.BigIntegerField()
    media_type = models.CharField(max_length=100)
    created_at = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(size__gte=0), name="a_stored_file_has_a_size")
        ]

    def __str__(self) -> str:
        return self.sha256[:12]

    @property
    def path(self) -> Path:
        return settings.MEDIA_ROOT / "sha256" / self.sha256[:2] / self.sha256

    def open(self) -> IO[bytes]:
        return self.path.open("rb")


def store(chunks: Iterable[bytes], *, media_type: str, limit: int) -> StoredFile:
    """Keep the bytes: temporary file, fsync, rename, then the row. Storing twice gives one row.

    Raises
    ------
    DomainError
        Where the file is larger than ``limit`` bytes, the disk is full or fails; no stump stays.
    """
    settings.MEDIA_ROOT.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=settings.MEDIA_ROOT, prefix=INCOMING)
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as out:
            digest, size = _write(out, chunks, limit)
        stored = StoredFile(sha256=digest, size=size, media_type=media_type)
        stored.path.parent.mkdir(parents=True, exist_ok=True)
        temporary.replace(stored.path)
        _sync_folder(stored.path.parent)
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        cause = "The disk is full" if full else f"The file store failed ({error.strerror})"
        raise DomainError(f"{cause}; the file was not kept. Nothing changed.") from error
    finally:
        temporary.unlink(missing_ok=True)
    return StoredFile.objects.get_or_create(
        sha256=digest, defaults={"size": size, "media_type": media_type}
    )[0]


def remove_stumps() -> None:
    """Delete what a process that was killed while storing left behind."""
    for stump in settings.MEDIA_ROOT.glob(f"{INCOMING}*"):
        if time.time() - stump.stat().st_mtime > STUMP_SECONDS:
            stump.unlink(missing_ok=True)


def _write(out: IO[bytes], chunks: Iterable[bytes], limit: int) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    for chunk in chunks:
        size += len(chunk)
        if size > limit:
            raise DomainError(f"The file is larger than {limit // 1024**2} MB; it was not kept.")
        digest.update(chunk)
        out.write(chunk)
    out.flush()
    os.fsync(out.fileno())
    return digest.hexdigest(), size


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
