"""The group where colleagues work: offered where the bot is added, chosen by a press, and looked at until all is there.

What is asked of the far side is asked outside of units, by a loop; presses and updates only say where to look.
"""

from __future__ import annotations

from typing import Protocol

from msgspec import Struct, field
from msgspec.structs import replace

from bot import audience, calls, cards, codes
from bot.cards import edit
from bot.house import Chat, House
from channels import messages, outbox
from channels.contract import Address, Button, Buttons, Place
from channels.errors import SendError
from channels.messages import Arrived
from crmcore import access, groups
from crmcore.access import Role
from crmcore.groups import Group
from crmcore.staff import Colleague
from kernel import log, texts
from kernel.unit import Store, Work

_log = log.get(__name__)
LOOP = "groups"
IDLE_S = 60.0
AGAIN_S = 5.0
USE, LOOK = "gu", "gl"  # codes of the two buttons
_WHO = "Only a manager or an administrator of ours can choose the staff group. Ask one of them to press."
_OFFER = "Shall colleagues work here? Each ticket gets its card in this group, and they answer under it."
_CHOSEN = "This is the staff group now: tickets get their cards here, and colleagues answer under them."
_OTHER = "Another group is the staff group now. Nothing more is posted here."
_GONE = "I was taken out of the staff group, so tickets show up nowhere. Add me to it again, or to another one."
_COMPLETE = "All that was missing is there now."

Key = tuple[str, str]  # account and address


class Surroundings(Protocol):
    """What the hub does for a group."""

    async def look(self, account: str, group: Address) -> Place | None:
        """The group as the far side shows it; None where the account has no groups. Raises SendError."""

    async def settle(self, account: str, place: Place, *, write: bool) -> str:
        """Colleagues work there, at once. `write`: into the settings too; what an operator has to do if that failed."""


class Groups(Struct):
    """Steps of the fork, and a loop."""

    store: Store
    house: House
    surroundings: Surroundings
    _due: set[Key] = field(default_factory=set)
    _incomplete: set[Key] = field(default_factory=set)

    # -- what the fork says -----------------------------------------------------------------------------------------

    def is_press(self, arrived: Arrived) -> bool:
        """One of the two buttons, in a group."""
        pressed = codes.read(arrived.inbound.code)
        return arrived.inbound.group and pressed is not None and pressed.verb in (USE, LOOK)

    def hear(self, arrived: Arrived) -> None:
        """Something was said in a group: if it lacks something there, it may be mended by now."""
        key = (arrived.account, arrived.inbound.address.value)
        if key in self._incomplete and key not in self._due:
            self._due.add(key)
            self.store.poke(LOOP)

    async def changed(self, work: Work, arrived: Arrived, colleague: Colleague | None) -> None:
        """The bot came into a group, left it, or may do more or less there.

        In a stranger's group it is silent, once colleagues have one of their own.
        """
        key = (arrived.account, arrived.inbound.address.value)
        if arrived.inbound.status == "gone":
            await groups.left(work, *key)
            await self._tell_gone(work, arrived)
            return
        if (
            colleague is None
            and self.house.staff_chats
            and self.house.staff_chat(key[0], arrived.inbound.address) is None
        ):
            return
        await groups.seen(work, *key)
        self._look_at(work, key)

    async def press(self, work: Work, arrived: Arrived, colleague: Colleague | None) -> None:
        """Choose the group, or look at it again."""
        inbound, line = arrived.inbound, self.house.lines.by_account(arrived.account)
        if line is None:
            return
        await messages.record(work, [arrived], [None])
        chat, key = (
            Chat(line, inbound.address, group=True, language=self.house.language),
            (arrived.account, inbound.address.value),
        )
        pressed = codes.read(inbound.code)
        if colleague is None or not access.ranks_as(colleague.role, Role.MANAGER) or inbound.anonymous:
            await calls.toast(work, chat, inbound.query, texts.say(chat.language, _WHO))
            return
        await groups.seen(work, *key)
        said = texts.say(chat.language, "I look again.")
        if pressed is not None and pressed.verb == USE:
            await groups.choose(work, *key)
            others = [one for one in self.house.staff_chats if one.line == line and one.address != chat.address]
            drafts = [cards.plain(one, "group", texts.say(one.language, _OTHER)) for one in others]
            await outbox.enqueue(work, drafts)
            said = texts.say(chat.language, "This is the staff group now.")
            _log.info("staff_chat.chosen", channel=arrived.channel, by=colleague.id)
        await calls.toast(work, chat, inbound.query, said)
        self._look_at(work, key)

    async def moved(self, work: Work, arrived: Arrived, *, is_staff: bool) -> None:
        """A group has a new address: the settings are to learn of it, if colleagues work there."""
        inbound = arrived.inbound
        await groups.moved(work, arrived.account, inbound.address.value, inbound.moved_to, is_staff=is_staff)
        self._look_at(work, (arrived.account, inbound.moved_to))

    async def _tell_gone(self, work: Work, arrived: Arrived) -> None:
        """Cards would go nowhere and nobody would know: leads and above hear of it in their own chats."""
        if self.house.staff_chat(arrived.account, arrived.inbound.address) is None:
            return
        own = audience.own_chats(self.house, await audience.leads(work))
        await outbox.enqueue(work, [cards.plain(one, "notice", texts.say(one.language, _GONE)) for one in own])

    def _look_at(self, work: Work, key: Key) -> None:
        self._due.add(key)
        work.poke(LOOP)

    # -- the loop ---------------------------------------------------------------------------------------------------

    async def turn(self) -> float:
        """1. Where to look. 2. Ask the far side. 3. Say what has changed, in the message that stands there."""
        reader = self.store.reading()
        due, self._due = self._due, set()
        due |= {(one.account, one.address) for one in await groups.to_look_at(reader)}
        pause_s = IDLE_S
        for key in sorted(due):
            group = await groups.find(self.store.reading(), *key)
            if group is not None and not await self._look(group):
                pause_s = AGAIN_S
        return pause_s

    async def _look(self, group: Group) -> bool:
        """False if the far side is to be asked again soon."""
        line = self.house.lines.by_account(group.account)
        if line is None:
            return True
        address = Address(line.capabilities.scheme, group.address)
        try:
            place = await self.surroundings.look(group.account, address)
        except SendError as error:
            _log.warning("group.unseen", channel=line.channel, reason=error.reason.value)
            if error.is_retried:
                self._due.add((group.account, group.address))
            return not error.is_retried
        if place is None:
            return True
        group = replace(group, is_chosen=group.is_chosen or self.house.staff_chat(group.account, address) is not None)
        todo = await self._settle(group, place)
        await self._say(
            group, Chat(line, address, topics=place.topics, group=True, language=self.house.language), place, todo
        )
        key = (group.account, group.address)
        (self._incomplete.add if place.missing else self._incomplete.discard)(key)
        return True

    async def _settle(self, group: Group, place: Place) -> str:
        if not group.is_chosen:
            return ""
        return await self.surroundings.settle(group.account, place, write=not group.is_saved)

    async def _say(self, group: Group, chat: Chat, place: Place, todo: str) -> None:
        """Post what there is to say, or edit what stands; nothing if it stands so already."""
        text = said(chat.language, place, is_chosen=group.is_chosen, todo=todo, before=group.said)
        is_saved = group.is_chosen and not todo
        if text == group.said and is_saved == group.is_saved:
            return
        buttons = _buttons(chat.language, place, is_chosen=group.is_chosen)
        draft = replace(cards.plain(chat, "group", text), buttons=buttons)
        async with self.store.unit() as work:
            await groups.note(work, group, group.offer_id or draft.id, text, saved=is_saved)
            if text != group.said:
                await outbox.enqueue(work, [edit(draft, group.offer_id) if group.offer_id else draft])


def said(language: str, place: Place, *, is_chosen: bool, todo: str, before: str) -> str:
    """What the bot says of the group. `before`: what stands there now. Pure."""
    lines = [texts.say(language, _CHOSEN if is_chosen else _OFFER)]
    complete = texts.say(language, _COMPLETE)
    if todo:
        lines.append(todo)
    if place.missing:
        lines += [texts.say(language, "Missing:"), *(f"• {one}" for one in place.missing)]
        lines.append(texts.say(language, "I look again whenever something is said here."))
    elif "•" in before or complete in before:
        lines.append(complete)
    return "\n".join(lines)


def _buttons(language: str, place: Place, *, is_chosen: bool) -> Buttons:
    chosen = texts.say(language, "Use this as the staff group")
    use = () if is_chosen else ((Button(chosen, codes.write(USE, 0)),),)
    look = ((Button(texts.say(language, "Look again"), codes.write(LOOK, 0)),),) if place.missing else ()
    return (*use, *look)
