"""What the bot works with: the lines out, the desk, the staff chats and its settings. Made by the hub."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta

from msgspec import Struct, field
from msgspec.structs import replace

from bot.macros import Macro
from channels.contract import Address
from channels.lines import Line, Lines
from channels.quiet import Quiet
from crmcore.staff import Colleague
from kernel.unit import Work
from routing.desk import Desk
from routing.digests import Plan


class Chat(Struct, frozen=True):
    """A chat where staff read: the group of all, or one colleague's own. `topics`: a topic a ticket."""

    line: Line
    address: Address
    topics: bool = False
    group: bool = False
    language: str = "en"  # what is read there


class House(Struct):
    """Read by every command and notice. `staff_chats` grows when a channel has connected and knows its groups."""

    lines: Lines
    desk: Desk
    hold: timedelta = timedelta(seconds=3)
    topic_talk: str = "note"
    ways: tuple[str, ...] = ()  # channels by which colleagues are told who have no order of their own
    macros: Mapping[str, Macro] = field(default_factory=dict)
    footer: Callable[[str], str] | None = None  # language → the commands under a letter to a colleague
    staff_chats: list[Chat] = field(default_factory=list)
    sign_in: Callable[[Work, int], Awaitable[str]] | None = None  # makes a colleague's link to the console
    names: set[str] = field(default_factory=set)  # what we are called on our channels, case folded
    quiet: Quiet = field(default_factory=Quiet)
    commands_a_minute: int = 60  # by one colleague, by each of his ways
    unproven_an_hour: int = 100  # automatic texts by one account, after which unproven addresses get none
    ratings: bool = True  # whether customers are asked how we did
    asks_solved: bool = True  # whether they are asked first if their matter is solved
    public_url: str = ""  # where customers find our pages; "" where they cannot
    digests: Plan = field(default_factory=Plan)  # when digests come, and to whom
    language: str = "en"  # of the staff chats, and of colleagues who have not chosen their own
    doors: dict[str, str] = field(default_factory=dict)  # account → how a link begins that opens a chat with us

    def reads(self, colleague: Colleague) -> str:
        """The language in which a colleague is written to where nobody else reads it."""
        return colleague.language or self.language

    def link(self, account: str, token: str) -> str:
        """What a person follows to bring `token` to us; the token alone where no link can carry it."""
        return f"{self.doors.get(account, '')}{token}"

    def move(self, account: str, old: Address, new: Address) -> bool:
        """A staff chat is found under a new address from now on (a group became a supergroup); False if it is none."""
        for place, chat in enumerate(self.staff_chats):
            if chat.line.account == account and chat.address == old:
                self.staff_chats[place] = replace(chat, address=new)
                return True
        return False

    def staff_chat(self, account: str, address: Address) -> Chat | None:
        """The staff chat at that address, if it is one."""
        return next(
            (chat for chat in self.staff_chats if chat.line.account == account and chat.address == address), None
        )
