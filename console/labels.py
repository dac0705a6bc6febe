"""The bot's buttons in the reader's language: they are said in English, and a page says them as it says all else."""

from __future__ import annotations

from kernel import texts

_LABELS = {
    "Take": "Take",
    "Close": "Close",
    "Close anyway": "Close anyway",
    "Reopen": "Reopen",
    "Undo": "Undo",
    "Send anyway": "Send anyway",
    "Show": "Show",
    "Ack": "Ack",
    "Send": "Send",
    "Drop": "Drop",
    "Join all": "Join all",
    "Not one": "Not one",
    "Send all": "Send all",
    "Drop all": "Drop all",
    "Go live": "Go live",
    "Send it to the customer": "Send it to the customer",
}


def label(language: str, english: str) -> str:
    """A label that nobody has translated stays as it is: names of tickets, and what a newer verb offers."""
    return texts.say(language, _LABELS[english]) if english in _LABELS else english
