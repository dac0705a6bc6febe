"""A strict Bot API of our own for the demo and the tests: only its public names are here, the work is below."""

from channels.telegram.simulator.faults import Faults
from channels.telegram.simulator.memory import recall, remember
from channels.telegram.simulator.model import (
    Call,
    Change,
    ChangeKind,
    Chat,
    Document,
    Impossible,
    Person,
    Photo,
    StoredMessage,
    Toast,
    Topic,
)
from channels.telegram.simulator.server import BotApi
from channels.telegram.simulator.world import World

__all__ = [
    "BotApi",
    "Call",
    "Change",
    "ChangeKind",
    "Chat",
    "Document",
    "Faults",
    "Impossible",
    "Person",
    "Photo",
    "StoredMessage",
    "Toast",
    "Topic",
    "World",
    "recall",
    "remember",
]
