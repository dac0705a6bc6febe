"""What the simulated mail server refuses, or does wrong, when a test asks for it."""

from __future__ import annotations

from msgspec import Struct, field

NOBODY = "550 5.1.1 User unknown"


class Faults(Struct):
    """Switches. Counts run down by one each time they have been obeyed.

    `later`: recipients that are turned away for now. `words`: a word in a recipient → the answer it gets.
    `cut`: mails taken whose acknowledgement is lost. `hang_up`: mails after whose envelope the line goes dead. `hang`:
    mails after whose content the server says nothing for `hang_s`.
    """

    later: int = 0
    later_answer: str = "451 4.7.1 Greylisted, come back later"
    words: dict[str, str] = field(default_factory=lambda: {"nobody": NOBODY})
    content: str = ""  # the answer to a mail's content, instead of taking it
    sender: str = ""  # the answer to MAIL
    cut: int = 0
    hang_up: int = 0
    hang: int = 0
    hang_s: float = 3600.0

    def at_recipient(self, address: str) -> str:
        """The refusal of a recipient, "" for none."""
        if self.later > 0:
            self.later -= 1
            return self.later_answer
        return next((answer for word, answer in self.words.items() if word in address), "")

    def takes(self, name: str) -> bool:
        """True if this is one of those asked for."""
        left: int = getattr(self, name)
        if left <= 0:
            return False
        setattr(self, name, left - 1)
        return True
