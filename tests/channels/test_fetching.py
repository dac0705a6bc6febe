"""Bringing files from the far side: what breaks once is asked for again, and no fault of ours costs a file."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from channels import outbox
from channels.contract import Address, File
from channels.fetching import RETRIES_S, Fetcher
from channels.files import FileStore
from channels.outbox import Draft
from kernel.clock import Clock
from kernel.unit import Store
from tests.channels.fake import FakeAdapter


class Broken(FakeAdapter):
    """Breaks when it is first asked for a file."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0

    async def fetch(self, file: File, *, limit: int) -> bytes:
        self.asked += 1
        if self.asked == 1:
            raise KeyError("a fault of the adapter")
        return b"the file"


async def test_a_file_whose_fetching_breaks_is_asked_for_again(store: Store, clock: Clock, tmp_path: Path) -> None:
    """A fault that nobody classed is retried a handful of times: to ask again does no harm."""
    adapter = Broken()
    files = (File("a.pdf", "application/pdf", 8, "far-a"),)
    draft = Draft(
        "chat", adapter.account, Address("chat", "eszter"), "reply", "", files=files, files_from=adapter.account
    )
    async with store.unit() as work:
        await outbox.enqueue(work, [draft])
    fetcher = Fetcher(store, FileStore(tmp_path / "files"), [adapter], limit=1_000)
    await fetcher.turn()
    row = await store.reading().one("SELECT state, tries FROM attachments")
    assert row is not None and (row["state"], row["tries"]) == ("fetching", 1)
    clock.push(timedelta(seconds=RETRIES_S[0] + 1))
    await fetcher.turn()
    row = await store.reading().one("SELECT state, size FROM attachments")
    assert row is not None and (row["state"], row["size"]) == ("held", 8)
