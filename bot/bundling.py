"""Alerts into one chat: the first ones ring by themselves, more within two minutes are told together."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from msgspec import Struct
from msgspec.structs import replace

from bot import audience, cards, onward, telling, views
from bot.house import Chat, House
from channels import outbox
from channels.contract import Buttons, MessageId
from channels.outbox import Draft
from kernel import ids, rows, texts
from kernel.unit import Reader, Work
from routing.models import AlertState, BundledAlert
from tickets import visible
from tickets.visible import TicketView

WINDOW = timedelta(minutes=2)
ALONE = 4  # alerts that ring one by one within the window
ALONE_URGENT = 10  # of the highest priority
LISTED = 20
PURPOSE = "alert_bundle"


class Bundle(Struct, frozen=True):
    """What a message says of several alerts. `is_on`: one of them at least is still to be seen to."""

    text: str
    buttons: Buttons
    subject: str
    is_on: bool


async def post(work: Work, house: House, drafts: Sequence[tuple[Draft, TicketView]]) -> None:
    """Queue alerts, each for its own chat and ticket; those that are too many for a chat wait and go as one message."""
    rung: dict[tuple[str, str], int] = {}
    alone: list[Draft] = []
    for draft, ticket in drafts:
        place = (draft.account, draft.address.value)
        if place not in rung:
            rung[place] = await _lately(work, *place)
        rung[place] += 1
        if rung[place] <= (ALONE_URGENT if ticket.priority == 1 else ALONE):
            alone.append(draft)
        else:
            await _join(work, house, draft)
    await outbox.enqueue(work, alone)


async def refresh(work: Work, house: House, alert_ids: Sequence[int]) -> None:
    """These alerts are seen to or over: messages that tell them with others say so, or do not leave at all."""
    found = await work.fetch(
        "SELECT DISTINCT m.id, m.account, m.address, m.state, m.tries FROM bundled_alerts AS b"
        " JOIN messages AS m ON m.id = b.message_id"
        f" WHERE b.alert_id IN ({rows.marks(alert_ids)}) AND m.state NOT IN ('failed', 'cancelled')",
        *alert_ids,
    )
    for row in found:
        chat = cards.chat_at(house, row["account"], row["address"])
        if chat is None:
            continue
        bundle = await _bundle(work, house, chat, row["id"])
        if row["state"] == "queued" and row["tries"] == 0:
            if bundle.is_on:
                await outbox.rewrite(work, row["id"], bundle.text, bundle.buttons)
            else:
                await outbox.cancel(work, row["id"])
        elif chat.line.capabilities.edits:
            fresh = replace(cards.plain(chat, "alert_edit", bundle.text), buttons=bundle.buttons)
            await outbox.enqueue(work, [cards.edit(fresh, row["id"])])


async def _lately(reader: Reader, account: str, address: str) -> int:
    """Alerts that rang there within the window, or will when quiet hours are over."""
    row = await reader.one(
        "SELECT count(*) AS n FROM messages WHERE purpose = 'alert' AND account = ? AND address = ?"
        " AND state NOT IN ('failed', 'cancelled') AND (created_at > ? OR (state = 'queued' AND due_at > ?))",
        account,
        address,
        reader.now - WINDOW,
        reader.now,
    )
    return int(row["n"]) if row else 0


async def _join(work: Work, house: House, draft: Draft) -> None:
    """Into the message of that chat that waits, or into a new one that leaves when the window is over."""
    chat = cards.chat_at(house, draft.account, draft.address.value)
    if chat is None or draft.ref is None:
        return
    standing = await work.one(
        "SELECT id FROM messages WHERE purpose = ? AND account = ? AND address = ? AND state = 'queued' AND tries = 0"
        " AND due_at > ? ORDER BY id DESC LIMIT 1",
        PURPOSE,
        draft.account,
        draft.address.value,
        work.now,
    )
    message_id = MessageId(standing["id"] if standing else ids.new())
    await work.insert(
        BundledAlert,
        [{"id": ids.new(), "message_id": message_id, "alert_id": draft.ref.id}],
        conflict="ON CONFLICT (message_id, alert_id) DO NOTHING",
    )
    bundle = await _bundle(work, house, chat, message_id)
    if standing:
        await outbox.rewrite(work, message_id, bundle.text, bundle.buttons)
        return
    fresh = replace(cards.plain(chat, PURPOSE, bundle.text), id=message_id, hold=max(draft.hold, WINDOW))
    await outbox.enqueue(work, [replace(_complete(fresh, bundle), patience=draft.patience)])


async def again(work: Work, house: House, message_id: int, chat: Chat, words: str) -> None:
    """The alerts of that message in another chat, as they stand now. `words`: that they may come twice."""
    told = await work.fetch("SELECT alert_id FROM bundled_alerts WHERE message_id = ? ORDER BY id", message_id)
    fresh_id = MessageId(ids.new())
    new = [{"id": ids.new(), "message_id": fresh_id, "alert_id": row["alert_id"]} for row in told]
    await work.insert(BundledAlert, new)
    bundle = await _bundle(work, house, chat, fresh_id)
    fresh = _complete(replace(cards.plain(chat, PURPOSE, bundle.text), id=fresh_id), bundle)
    await outbox.enqueue(work, [onward.patient(onward.twice(fresh, words))])


async def is_on(reader: Reader, message_id: int) -> bool:
    """One of the alerts that it tells is still to be seen to."""
    row = await reader.one(
        "SELECT 1 AS found FROM bundled_alerts AS b JOIN alerts AS a ON a.id = b.alert_id"
        " WHERE b.message_id = ? AND a.state = 'open' LIMIT 1",
        message_id,
    )
    return row is not None


def _complete(draft: Draft, bundle: Bundle) -> Draft:
    full = replace(draft, subject=bundle.subject, buttons=bundle.buttons, priority=outbox.URGENT)
    return replace(full, stale_after=telling.STALE)


async def _bundle(work: Work, house: House, chat: Chat, message_id: int) -> Bundle:
    """As it reads now, of what the chat's owner may see now."""
    found = await work.fetch(
        "SELECT a.id, a.ticket_id, a.state, s.name FROM bundled_alerts AS b JOIN alerts AS a ON a.id = b.alert_id"
        " LEFT JOIN staff AS s ON s.id = a.acked_by_id WHERE b.message_id = ? ORDER BY b.id",
        message_id,
    )
    tickets = await visible.by_ids(work, [row["ticket_id"] for row in found])
    sight = await audience.sight(work, house, [chat])
    chat = sight.read(chat)
    seen = [row for row in found if sight.covers(chat, tickets[row["ticket_id"]])]
    on = [tickets[row["ticket_id"]] for row in seen if row["state"] == AlertState.OPEN]
    head = texts.say_many(chat.language, "{count} alert", "{count} alerts", len(seen))
    if chat.line.capabilities.keywords:  # each character costs
        names = " ".join(one.name for one in on[:LISTED])
        names = names or texts.say(chat.language, "none")
        return Bundle(
            texts.say(chat.language, "{head}, to be seen to: {names}", head=head, names=names), (), head, bool(on)
        )
    lines = [_line(chat.language, tickets[row["ticket_id"]], row) for row in seen[:LISTED]]
    left = len(seen) - LISTED
    more = [texts.say(chat.language, "… and {count} more", count=left)] if left > 0 else []
    buttons = views.list_buttons(on[:LISTED]) if chat.line.capabilities.buttons else ()
    return Bundle("\n".join([f"{head}:", *lines, *more]), buttons, head, bool(on))


def _line(language: str, ticket: TicketView, row: rows.Row) -> str:
    about = f"{views.short(ticket.contact, 40)} · {views.short(ticket.subject, 60)}"
    line = f"P{ticket.priority} · {ticket.name} · {about}"
    if row["state"] == AlertState.ACKED:
        return f"{line}, {texts.say(language, 'seen by {name}', name=row['name'])}"
    return f"{line}, {texts.say(language, 'over')}" if row["state"] == AlertState.RESOLVED else line
