"""What a page may not do: complain on the console, break its policy, fail, open a dialog."""

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Watch:
    """Collects the troubles of every page of the contexts it follows."""

    troubles: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)

    def follow(self, context: Any) -> None:
        """Listen to all pages of a browser context."""
        context.on("console", self._on_console)
        context.on("weberror", lambda error: self._add(f"error: {error.error}"))
        context.on("dialog", self._on_dialog)

    def expect(self, words: str) -> None:
        """Let messages with these words pass, as of a refusal the test provokes."""
        self.expected.append(words)

    def _on_console(self, message: Any) -> None:
        # A broken policy, a missing file and a refused answer are all errors of the console.
        if message.type in {"error", "warning"}:
            self._add(f"{message.type} on {message.location.get('url')}: {message.text}")

    def _on_dialog(self, dialog: Any) -> None:
        self._add(f"dialog {dialog.type}: {dialog.message}")
        dialog.dismiss()

    def _add(self, trouble: str) -> None:
        if not any(words in trouble for words in self.expected):
            self.troubles.append(trouble)
