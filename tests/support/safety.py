"""What must hold at the end of every story, whatever was played: nobody reads of a matter that is not his."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from kernel.unit import Reader

TO_CUSTOMERS = frozenset({"reply", "acknowledgement", "survey", "question"})
# Messages of tickets that go to no address of the ticket's contact, with whether a colleague or the customer's own
# wish explains it. `asked`: a message on the ticket itself has named the address as where answers go (Reply-To).
_STRAYED = """
SELECT m.id, m.account, m.address, m.purpose, t.number,
  EXISTS (SELECT 1 FROM staff_identities AS s WHERE s.value = m.address) AS is_staff,
  EXISTS (SELECT 1 FROM messages AS i WHERE i.direction = 'in' AND i.ref_kind = 'ticket' AND i.ref_id = t.id
    AND i.address = m.address) AS is_asked
FROM messages AS m JOIN tickets AS t ON t.id = m.ref_id
WHERE m.direction = 'out' AND m.ref_kind = 'ticket' AND m.purpose <> 'code' AND NOT EXISTS (
  SELECT 1 FROM identities AS i WHERE i.contact_id = t.contact_id AND i.value = m.address)
"""


async def strayed(
    reader: Reader, staff_chats: Collection[tuple[str, str]], *, hired: Collection[str] = ()
) -> list[dict[str, Any]]:
    """Messages about a ticket that went to somebody whose matter it is not.

    S1 (ticket hijack), S6 (data separation), M-8 and M-9 (answers reach the customer), M-10 (alerts reach
    colleagues): each message about a ticket goes to an address of the ticket's contact, or to where he asked on that
    very ticket to be answered (Reply-To); what is for colleagues, to a colleague's address or a staff chat
    (`staff_chats`: account and address; `hired`: addresses of colleagues and chats that may
    have gone since). An answer never goes to a colleague for being one.

    A code is excepted: it goes to the address that is to be proved, and says nothing of the matter.
    """
    found = await reader.fetch(_STRAYED)
    return [
        dict(row)
        for row in found
        if not row["is_asked"]
        and (
            row["purpose"] in TO_CUSTOMERS
            or not (row["is_staff"] or row["address"] in hired or _is_of(staff_chats, row))
        )
    ]


def _is_of(chats: Collection[tuple[str, str]], row: dict[str, Any]) -> bool:
    return (row["account"], row["address"]) in chats
