"""Files that a customer has sent by a link: his message, on the ticket that the link was made for."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct
from msgspec.structs import replace

from channels.contract import Inbound, Kind
from channels.messages import Arrived
from channels.uploads import Contents
from kernel.unit import Work
from routing import intake
from routing.desk import Desk
from tickets import uploads


class Uploads(Struct, frozen=True):
    """Handler of files.sent. `desk`: asked anew each time, since settings change."""

    desk: Callable[[], Desk]

    async def sent(self, work: Work, arrived: Arrived) -> None:
        """A message like any other of his, but that answers go where they went before."""
        found: Contents = arrived.inbound.payload
        used = await uploads.use(work, found.link)
        if used is None:
            return
        desk, files = self.desk(), arrived.inbound.files
        named = tuple(one.name for one in files)
        marks = " ".join(f"[{name}]" for name in named)
        inbound = Inbound(
            Kind.MESSAGE,
            used.address,
            used.sender,
            text=f"{marks} {found.comment}".strip(),
            attachments=named,
            files=files,
            token=desk.tokens.issue(used.ticket_number, used.contact_id),
            aside=True,
        )
        await intake.handle(work, desk, [replace(arrived, inbound=inbound)])
