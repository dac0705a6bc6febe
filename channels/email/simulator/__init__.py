"""A mail server and people with mail programs, for the demo and the tests: the far side of e-mail, at the wire."""

from channels.email.simulator.checks import Unacceptable
from channels.email.simulator.faults import Faults
from channels.email.simulator.letter import Letter
from channels.email.simulator.mailbox import Item, Mailbox
from channels.email.simulator.person import Person
from channels.email.simulator.provider import Provider
from channels.email.simulator.server import MailServer

__all__ = ["Faults", "Item", "Letter", "MailServer", "Mailbox", "Person", "Provider", "Unacceptable"]
