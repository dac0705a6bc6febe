"""What the message store tells the floors above."""

from __future__ import annotations

from msgspec import Struct

from channels.contract import MessageId
from channels.models import MessageState


class MessageSettled(Struct, frozen=True):
    """An outbound message reached a state from which nothing more happens by itself, or was delivered."""

    id: MessageId
    state: MessageState
    purpose: str
    ref_kind: str | None
    ref_id: int | None
    reason: str | None


class MessageOverdue(Struct, frozen=True):
    """An outbound message is not known to have left although its sender's patience is over. Told once."""

    id: MessageId
    state: MessageState
    purpose: str
    ref_kind: str | None
    ref_id: int | None


class FileChanged(Struct, frozen=True):
    """A file of a message has come, will not come, or its small picture is made."""

    message_id: int
    ref_kind: str | None
    ref_id: int | None


class AccountNeeds(Struct, frozen=True):
    """A person has to do something before an account works again, or goes on working. `needs` says what."""

    channel: str
    account: str
    needs: str


class MessageParked(Struct, frozen=True):
    """An inbound message failed five times alone and was set aside for an operator."""

    raw_id: int
    channel: str
    reason: str
