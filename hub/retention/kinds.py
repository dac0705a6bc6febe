"""Which rows may go, and when: one condition a kind, decided by the settings and the time alone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from msgspec import Struct

from crmcore import refused
from hub.retention.settings import Retention

CODES_KEPT = timedelta(days=30)  # they work for minutes; how often one was asked for matters for an hour
DIGESTS_KEPT = timedelta(days=30)  # that one was told of a day matters for that day
ORDERS_KEPT = timedelta(days=1)  # what they opened is over with them; the words in them are nobody's any more
WORDS_GONE = "[removed: kept for a while only]"

# States in which a message is over and never sent again: what failed or may have failed can still be put back in line.
_OVER = "t.state IN ('received', 'sent', 'delivered', 'cancelled')"
_LIVE = "(k.state <> 'closed' OR k.closed_at >= ?)"  # a ticket that is open, or was until lately


class Kind(Struct, frozen=True):
    """Rows of `table` (named `t` in all the SQL) whose `age` lies before `before` and that `may_go`.

    `act`: the statement before its WHERE. `values`: of the places in `may_go`.
    """

    name: str
    table: str
    age: str
    before: datetime
    may_go: str
    act: str
    values: tuple[object, ...] = ()

    @property
    def condition(self) -> str:
        return f"t.{self.age} < ? AND {self.may_go}"


def kinds(rules: Retention, now: datetime, repeats: Mapping[str, timedelta]) -> list[Kind]:
    """What goes at `now`, in the order in which it goes. `repeats`: channel → how long its senders may repeat.

    A channel that is not named there may hand out its oldest message again at any time: its keys stay for good.
    """
    found = []
    if rules.raw_days:
        before = now - timedelta(days=rules.raw_days)
        found += [_payloads(before), _attempts(before), _posts(before)]
    found += [_codes(now - CODES_KEPT), _orders(now - ORDERS_KEPT), _digests(now - DIGESTS_KEPT)]
    if rules.refused_days:
        found.append(_refused(now - timedelta(days=rules.refused_days)))
    if rules.messages_days:
        before = now - timedelta(days=rules.messages_days)
        found += [_words(before), _enclosed(before)]
    if rules.keys_days:
        kept = timedelta(days=max(rules.keys_days, rules.raw_days))
        found += [
            _keys(channel, now - max(kept, window), payloads_go=bool(rules.raw_days))
            for channel, window in sorted(repeats.items())
        ]
    return found


def _payloads(before: datetime) -> Kind:
    """The bytes go, the row stays: it is what a repeat is known by. Parked and waiting ones are never touched."""
    return Kind(
        "payloads",
        "raw_messages",
        "received_at",
        before,
        "t.state = 'done' AND (t.body IS NOT NULL OR t.file IS NOT NULL)",
        "UPDATE raw_messages AS t SET body = NULL, file = NULL",
    )


def _attempts(before: datetime) -> Kind:
    unsettled = "SELECT 1 FROM messages AS m WHERE m.id = t.message_id AND m.state IN ('queued', 'leased')"
    return Kind("attempts", "attempts", "at", before, f"NOT EXISTS ({unsettled})", "DELETE FROM attempts AS t")


def _posts(before: datetime) -> Kind:
    """What a step told another system goes; that it did stays with the step."""
    return Kind("posts", "hook_posts", "created_at", before, "t.state <> 'waiting'", "DELETE FROM hook_posts AS t")


def _codes(before: datetime) -> Kind:
    return Kind(
        "codes", "link_codes", "expires_at", before, "t.created_at < ?", "DELETE FROM link_codes AS t", (before,)
    )


def _orders(before: datetime) -> Kind:
    return Kind(
        "orders", "staff_orders", "expires_at", before, "t.created_at < ?", "DELETE FROM staff_orders AS t", (before,)
    )


def _digests(before: datetime) -> Kind:
    """The row by which nobody is told of a day twice; the message itself is kept as any other."""
    return Kind("digests", "digests", "at", before, "t.id > 0", "DELETE FROM digests AS t")


def _refused(before: datetime) -> Kind:
    """What colleagues had no right to. Changes of companies, which stand beside it, are their history and stay."""
    return Kind("refused", "alterations", "at", before, "t.kind = ?", "DELETE FROM alterations AS t", (refused.KIND,))


def _words(before: datetime) -> Kind:
    """Subject, text and buttons go; who, when, over what and how it ended stay. Never of a ticket that is alive."""
    told = f"SELECT 1 FROM entries AS e JOIN tickets AS k ON k.id = e.ticket_id WHERE e.message_id = t.id AND {_LIVE}"
    about = f"SELECT 1 FROM tickets AS k WHERE t.ref_kind = 'ticket' AND k.id = t.ref_id AND {_LIVE}"
    return Kind(
        "words",
        "messages",
        "created_at",
        before,
        f"{_OVER} AND t.text <> '{WORDS_GONE}' AND NOT EXISTS ({told}) AND NOT EXISTS ({about})",
        f"UPDATE messages AS t SET subject = '', text = '{WORDS_GONE}', buttons = NULL, sent_to = NULL",
        (before, before),
    )


def _enclosed(before: datetime) -> Kind:
    """Files of messages go with their words: the name and what became of it stay, the bytes and the small picture go.

    Not those of a ticket that is alive, and not while they may still be sent.
    """
    of_it = "FROM entries AS e JOIN tickets AS k ON k.id = e.ticket_id WHERE e.message_id = t.message_id"
    told = f"SELECT 1 {of_it} AND {_LIVE}"
    waiting = f"SELECT 1 FROM messages AS m WHERE m.id = t.message_id AND NOT {_OVER.replace('t.', 'm.')}"
    return Kind(
        "enclosed",
        "attachments",
        "created_at",
        before,
        f"t.state = 'held' AND NOT EXISTS ({told}) AND NOT EXISTS ({waiting})",
        "UPDATE attachments AS t SET state = 'removed', file = NULL, thumb_file = NULL",
        (before,),
    )


def _keys(channel: str, before: datetime, *, payloads_go: bool) -> Kind:
    """Rows by which repeats are known, once nobody repeats them. One whose payload is kept for good stays with it."""
    empty = "" if payloads_go else " AND t.body IS NULL AND t.file IS NULL"
    return Kind(
        "keys",
        "raw_messages",
        "received_at",
        before,
        f"t.state = 'done' AND t.channel = ?{empty}",
        "DELETE FROM raw_messages AS t",
        (channel,),
    )
