"""What an adapter and the hub promise each other. An adapter imports this, `errors` and nothing else of channels."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, NewType, Protocol, runtime_checkable

from msgspec import Struct, field

if TYPE_CHECKING:  # the command line reads this file, too, and serves nothing
    from aiohttp import web

RawId = NewType("RawId", int)
MessageId = NewType("MessageId", int)


class Kind(StrEnum):
    MESSAGE = "message"
    EDIT = "edit"
    PRESS = "press"
    STATUS = "status"
    MEMBERSHIP = "membership"
    EVENT = "event"  # another system says that something has happened: no person wrote it
    NOTHING = "nothing"  # understood, and of no consequence (a service message)


class Dmarc(StrEnum):
    """What our own mail server has found of a mail's sender; it may have found nothing."""

    PASS = "pass"  # noqa: S105 - a result
    FAIL = "fail"
    NONE = "none"


class Operation(StrEnum):
    SEND = "send"
    EDIT = "edit"
    TOAST = "toast"  # the short answer to a pressed button
    OPEN_TOPIC = "open_topic"
    CLOSE_TOPIC = "close_topic"
    REOPEN_TOPIC = "reopen_topic"


class Address(Struct, frozen=True):
    """Where a person or chat is reached: a scheme ("telegram", "tel", "mailto", …) and the value in it."""

    scheme: str
    value: str

    def __str__(self) -> str:
        return f"{self.scheme}:{self.value}"


class Raw(Struct, frozen=True):
    """What came in at the wire, before anybody tried to understand it.

    `external_id`: the provider's id, unique within `account`; a repeat of it is the same message.
    `address`: the order key; messages of one address are handled in the order they came in.
    """

    channel: str
    account: str
    external_id: str
    address: str
    body: bytes
    received_at: datetime


class Accepted(Struct, frozen=True):
    """`fresh` is False if this message had been taken in before; both are a success to the sender."""

    id: RawId
    fresh: bool


Accept = Callable[[Raw], Awaitable[Accepted]]


class Marks(Protocol):
    """Where an adapter keeps how far it has read: a few short texts by key, durable once `put` has returned.

    Both raise errors.TryLater while the store does not answer.
    """

    async def get(self, key: str) -> str | None:
        """What stands under `key`, or None."""

    async def put(self, key: str, value: str) -> None:
        """Write `value` under `key` (at most 200 characters) in the place of what stood there."""


@runtime_checkable
class UsesMarks(Protocol):
    """An adapter that has to remember across restarts: how far it has read, and what it has sent."""

    def use(self, marks: Marks, key: bytes) -> None:
        """Called once, before `load`. `key`: a secret of this account on this installation, always the same."""


@runtime_checkable
class KeepsFiles(Protocol):
    """An adapter that has files of its own beside the store: what must stand in no database and in no backup."""

    def keep_in(self, folder: Path) -> None:
        """Called once, before `start`. `folder`: the hub's data folder, on a disk of this machine."""


@runtime_checkable
class CountsSends(Protocol):
    """An adapter that bounds how much goes out in a day, and must not forget at a restart what has."""

    def recall(self, sent: Sequence[tuple[str, float]]) -> None:
        """Called before `connect`: addresses that messages of this account went to, and how many seconds ago.

        Those of the last 24 hours, the oldest first.
        """


class Place(Struct, frozen=True):
    """A group as the far side shows it to us now. `missing`: what it lacks for colleagues to work in it, a sentence
    each, with where to find it.
    """

    address: Address
    topics: bool = False
    missing: tuple[str, ...] = ()


@runtime_checkable
class SeesGroups(Protocol):
    """An adapter of a channel with groups, one of which can be the staff chat."""

    async def look(self, group: Address) -> Place:
        """The group as it is now. Raises SendError: also if we are not in it."""

    def settle_in(self, place: Place) -> None:
        """It is the staff chat from now on."""


@runtime_checkable
class ShowsCommands(Protocol):
    """An adapter whose far side lists commands for colleagues to choose from, where they work."""

    async def show_commands(self, menus: Mapping[str, Sequence[tuple[str, str]]]) -> None:
        """Language ("" for all others) → names and what each does. After `connect`. Raises SendError."""


@runtime_checkable
class LeavesTraces(Protocol):
    """An adapter whose reading changes something at the far side, as mail is marked as seen."""

    is_traceless: bool  # the hub sets it while another desk reads there too: then nothing is changed there


@runtime_checkable
class Weighs(Protocol):
    """An adapter that can tell a message which takes long to understand, large or not."""

    def is_heavy(self, raw: Raw) -> bool:
        """True if `parse` is better called in a thread. Counts bytes and reads nothing: well under a millisecond."""


OWN_NUMBER = "own:number"  # the code of a button that sends its presser's own number: it comes as Inbound.shared


class Button(Struct, frozen=True):
    """A button under a message; `code` comes back when it is pressed (at most 64 bytes), but for OWN_NUMBER."""

    label: str
    code: str


Buttons = tuple[tuple[Button, ...], ...]


class File(Struct, frozen=True):
    """A file that came with a message or goes with one.

    `name`: as its sender gave it. `size`: in bytes; None where nobody says. `reference`: by what its adapter finds the
    bytes. `kept`: their name in the file store, once they are there. `body`: the bytes, on their way out only.
    `in_place`: the text shows it where it stands, as the picture in a signature.
    """

    name: str
    content_type: str = ""
    size: int | None = None
    reference: str = ""
    kept: str = ""
    body: bytes = b""
    in_place: bool = False


@runtime_checkable
class CarriesFiles(Protocol):
    """An adapter whose stored messages have their files in them."""

    def cut(self, raw: Raw, file: File) -> bytes:
        """The bytes of a file that `parse` found in `raw`. Pure, called in a thread. Raises ValueError."""


@runtime_checkable
class FetchesFiles(Protocol):
    """An adapter whose files stay at the far side until they are asked for."""

    async def fetch(self, file: File, *, limit: int) -> bytes:
        """The bytes of a file that `parse` named. Raises SendError, and TooLarge beyond `limit` bytes."""


class Inbound(Struct, frozen=True):
    """A raw message understood. `text` is what the person newly wrote; "" where there is none.

    `address`: where an answer goes (a chat). `sender`: the person. `replies_to` and `thread` are external ids within
    the address. `code` is a pressed button's. `unreadable` says why parsing failed: the rest is then what is known.

    A status report (Kind.STATUS) names the message by our own id (`about`) where the wire carries it back, else by
    `external_id`; `status` is "sent", "delivered" or "failed", and `reason` says why it failed.
    """

    kind: Kind
    address: Address
    sender: Address
    name: str = ""
    text: str = ""
    subject: str = ""
    external_id: str = ""
    language: str = ""
    sent_at: datetime | None = None
    replies_to: str = ""
    thread: str = ""
    matter: str = ""  # the sender's own name for the conversation: the same matter joins the same ticket
    group: bool = False
    anonymous: bool = False  # a member who hides behind the group: nobody to authorise
    code: str = ""
    query: str = ""
    status: str = ""
    about: str = ""  # our own id of the message that a status report is about
    reason: str = ""  # why it failed, as the provider has it
    moved_to: str = ""  # the address under which the same chat is found from now on
    attachments: tuple[str, ...] = ()  # what stands for its files in the text: "photo", a name
    files: tuple[File, ...] = ()
    recipients: tuple[str, ...] = ()  # addresses that it was sent to, where the channel names several of ours
    references: tuple[str, ...] = ()  # external ids of the messages it continues, the nearest last
    token: str = ""  # the reply token found in the address it was sent to
    automatic: bool = False  # written by a machine: nothing automatic answers it
    proven: bool = False  # the sender's address was proved on the way (DMARC, a provider that vouches for it)
    disproved: bool = False  # somebody else has used his address (DMARC failed): no text answers it by itself
    dmarc: Dmarc | None = None  # None where nobody was asked: another channel, or no server of ours to believe
    shared: str = ""  # his own phone number in E.164, shared from his own account
    started: str = ""  # what the link carried by which the person opened the conversation
    history: bool = False  # older than our connection to its mailbox: kept, and nothing more
    wordless: bool = False  # nobody wrote it (a missed call): no text answers it by itself
    stops: str = ""  # our own id of a message whose reader wants no more like it, proved by what only he was sent
    event: str = ""  # what has happened (Kind.EVENT), by the name the handlers are listed under
    payload: Any = None  # its facts, checked
    aside: bool = False  # it came beside his channel, by a way that carries no answers: those go where they went before
    unreadable: str = ""


class Outbound(Struct, frozen=True):
    """A message ready to go. `target` (edited, answered) and `within` (topic) are external ids, already looked up.

    `token`: what brings an answer back to the ticket. `references`: external ids of what it answers, the nearest last.
    `automatic`: no person wrote it. `may_stop`: it is one of many, and its reader may ask for no more of them.
    `first_at`: when it was queued, the same over all tries.
    """

    id: MessageId
    attempt: int
    operation: Operation
    address: Address
    text: str
    subject: str = ""
    buttons: Buttons = ()
    target: str = ""
    within: str = ""
    token: str = ""
    references: tuple[str, ...] = ()
    automatic: bool = False
    may_stop: bool = False
    first_at: datetime | None = None
    files: tuple[File, ...] = ()


class Receipt(Struct, frozen=True):
    """The provider took it. `external_id` names it there; "" if the provider gives none."""

    external_id: str = ""


class Bucket(Struct, frozen=True):
    """A budget that a send draws on: at most `rate` a second with `burst` saved up, shared under `key`."""

    key: str
    rate: float
    burst: float


class Capabilities(Struct, frozen=True):
    """What a channel can do; the rest of the house decides by these and never by a channel's name."""

    label: str  # as a person reads it: "Telegram"
    scheme: str
    nicknames: tuple[str, ...] = ()  # what people call it besides: lower case
    conversational: bool = True  # no subjects: the next message joins the open ticket
    buttons: bool = False
    edits: bool = False
    topics: bool = False
    text_limit: int = 4096  # characters a message
    segments: Callable[[str], int] | None = None  # how many are paid for a text, where a channel counts in segments
    segment_limit: int = 0  # the most in a message; a longer text is cut
    answer_limit: int = 0  # the most in an answer, over all its messages; a longer one is refused before it is sent
    concurrency: int = 16  # sends under way at once
    repeats_safely: bool = False  # sending the same again does no harm (a crash between send and settle)
    stale_after: timedelta = timedelta(hours=24)
    proves_sender: bool = False  # who writes is who he says he is: commands may come this way
    commands: str = ""  # how a colleague proves a command where the sender is hearsay: by a "code", or a "token"
    keywords: bool = False  # people opt out with a bare word (STOP)
    receives: bool = True  # answers come back at all
    one_way: tuple[str, ...] = ()  # beginnings of addresses from which no answer can come
    reports: bool = False  # delivery is reported later
    files: int = 0  # the most that go in one message; 0: none can be sent
    caption_limit: int = 0  # characters of the text beside a file, where that is less than `text_limit`
    repeats_within: timedelta | None = None  # how long the far side may hand out a message again; None: for ever

    def hears_from(self, address: str) -> bool:
        """True if an answer from this address can reach us: only then may a text ask for one."""
        return self.receives and not address.startswith(self.one_way)


class Health(Struct):
    """How a channel is, for readiness and metrics.

    `needs`: what an administrator has to do, because the channel stands still or soon will; he is told once a day, by
    a line of kernel.sentences in his language.
    """

    ready: bool = False
    degraded: str = ""
    needs: str = ""
    last_in_at: datetime | None = None
    last_out_at: datetime | None = None
    facts: dict[str, Any] = field(default_factory=dict)


class Adapter(Protocol):
    """One account on one channel.

    `build(settings, public_url)` in the adapter's package makes it cheaply; heavy imports wait for `load`.
    """

    name: str
    account: str
    capabilities: Capabilities
    health: Health

    @property
    def staff_chat(self) -> Address | None:
        """The group on this channel where colleagues work, if the settings name one."""

    def routes(self, accept: Accept) -> Sequence[web.RouteDef]:
        """Routes to mount before the server starts; [] where the channel needs none."""

    async def start(self, accept: Accept) -> None:
        """Begin to receive. Returns at once; ends with `stop`. Raises CannotListen."""

    def load(self) -> None:
        """Import and build what parsing and sending need. Called once, in a thread, after the server listens."""

    async def connect(self) -> None:
        """Called in the loop after `load`: open clients, learn who we are. Raises SendError if the far side says no."""

    def parse(self, raw: Raw) -> Inbound:
        """Turn raw bytes into an Inbound. Pure; raises nothing: what cannot be read becomes `unreadable`."""

    async def send(self, outbound: Outbound) -> Receipt:
        """Send one message. Raises SendError only."""

    def buckets(self, outbound: Outbound) -> Sequence[Bucket]:
        """The budgets this send draws on: first what all sends of the account share, last the narrowest."""

    async def stop_receiving(self) -> None:
        """Take nothing more in; what was taken in is stored by then."""

    async def stop(self) -> None:
        """Close clients. Called after the last send has ended."""


class Build(Protocol):
    """The `build` function of an adapter's package."""

    def __call__(self, settings: Any, *, public_url: str) -> Adapter: ...


Parse = Callable[[Raw], Inbound]
Parsers = Mapping[str, Parse]
Weigh = Callable[[Raw], bool]
