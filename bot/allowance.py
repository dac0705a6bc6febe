"""How many automatic texts an address may still have this hour: who writes to us must not make us write to others."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta

from msgspec import Struct

from channels.lines import Line
from kernel import rows
from kernel.unit import Reader
from tickets.visible import TicketView

HOUR = timedelta(hours=1)
KNOWN_AN_HOUR = 3  # automatic texts to one address that is known to be the sender's
UNKNOWN_AN_HOUR = 1  # to one that somebody merely wrote down


class Allowance(Struct):
    """What each address and each account has had within the hour, and those that are about to leave.

    `most`: by one account an hour, after which addresses without proof get none. Forged mails with a thousand senders
    are so answered to a hundred of them; whoever is proven still hears of his.
    """

    said: dict[tuple[str, str], int]
    by_account: dict[str, int]
    most: int

    def take(self, account: str, address: str, *, is_known: bool) -> bool:
        """One text more to that address; False if it may have none."""
        key = (account, address)
        if self.said.get(key, 0) >= (KNOWN_AN_HOUR if is_known else UNKNOWN_AN_HOUR):
            return False
        if not is_known and self.is_spent(account):
            return False
        self.said[key] = self.said.get(key, 0) + 1
        self.by_account[account] = self.by_account.get(account, 0) + 1
        return True

    def is_spent(self, account: str) -> bool:
        return self.by_account.get(account, 0) >= self.most


def is_known(ticket: TicketView, line: Line, *, is_proven: bool) -> bool:
    """The address is the sender's own: his channel vouches for it, or his letter was proved.

    An SMS is answered to the number it claims to be from, which is seldom anybody else's, and texts have limits of
    their own.
    """
    vouches = line.capabilities.proves_sender or line.capabilities.keywords
    return line.account == ticket.account and (vouches or is_proven)


async def of(reader: Reader, wanted: Collection[tuple[str, str, bool]], *, most: int) -> Allowance:
    """For these (account, address, whether it is known): a query, and one more where some are not known."""
    if not wanted:
        return Allowance({}, {}, most)
    said = await said_lately(reader, {(account, address) for account, address, _ in wanted})
    doubted = sorted({account for account, _, is_known in wanted if not is_known})
    return Allowance(said, await _by_account(reader, doubted) if doubted else {}, most)


async def _by_account(reader: Reader, accounts: Sequence[str]) -> dict[str, int]:
    found = await reader.fetch(
        "SELECT account, count(*) AS n FROM messages WHERE purpose = 'acknowledgement'"
        f" AND account IN ({rows.marks(accounts)}) AND created_at > ? GROUP BY account",
        *accounts,
        reader.now - HOUR,
    )
    return {row["account"]: row["n"] for row in found}


async def said_lately(reader: Reader, chats: Collection[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """How many texts that nobody wrote each (account, address) has had within the hour: acknowledgements, greetings
    and the words about opting out together. Each part of the question has its index.
    """
    accounts, addresses = list({account for account, _ in chats}), list({address for _, address in chats})
    since = reader.now - HOUR
    where = f"account IN ({rows.marks(accounts)}) AND address IN ({rows.marks(addresses)}) AND created_at > ?"
    values = (*accounts, *addresses, since)
    found = await reader.fetch(
        "SELECT account, address, count(*) AS n FROM ("
        f"SELECT account, address FROM messages WHERE purpose = 'acknowledgement' AND {where} UNION ALL"
        " SELECT account, address FROM messages WHERE purpose IN ('greeting', 'consent')"
        f" AND external_id IS NOT NULL AND {where} UNION ALL"
        " SELECT account, address FROM messages WHERE purpose IN ('greeting', 'consent')"
        f" AND external_id IS NULL AND state IN ('queued', 'leased') AND {where}) AS heard GROUP BY account, address",
        *values,
        *values,
        *values,
    )
    return {(row["account"], row["address"]): row["n"] for row in found}
