"""Mail of local mode: a file in var/mail, the terminal, and a page."""

import sys
from collections.abc import Sequence
from typing import Any

from django.core.mail import EmailMessage
from django.core.mail.backends.filebased import EmailBackend


class FolderAndTerminal(EmailBackend):
    """Write each message to a file of its own and show it on the terminal."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        for message in email_messages:
            sys.stderr.write(
                f"\nMail to {', '.join(message.to)}: {message.subject}\n{message.body}\n"
            )
        return super().send_messages(email_messages) or 0

    def close(self) -> None:
        """Close the file, and forget its name so that the next message gets its own."""
        super().close()
        self._fname: Any = None
