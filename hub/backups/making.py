"""Making a backup: a copy of the database, then the files it can name, in one file that says what it holds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

from channels.files import FileStore
from hub.backups import archive, engines
from hub.backups.archive import Manifest
from kernel.errors import Conflict


async def make(url: str, files: FileStore, target: Path) -> Manifest:
    """Back up the database at `url` and the stored files to `target`, which only its owner may read.

    The hub may run meanwhile: files are written before the rows that name them and never changed, so a copy of the
    rows followed by the files is whole. Raises Conflict if `target` is there, TryLater if the database is not,
    OSError if there is no room; then nothing is left behind.
    """
    _refuse_to_overwrite(target)
    engine = engines.of(url)
    with _beside(target) as folder:
        dump = folder / "dump"
        held = await engine.take(url, dump)
        stored = sorted(files.names())
        manifest = Manifest(
            format=archive.FORMAT,
            version=version("centrala"),
            engine=engine.name,
            made_at=datetime.now(UTC).isoformat(timespec="seconds"),
            migrations=held.migrations,
            rows=held.rows,
            dump_digest=archive.digest(dump),
            files=tuple(stored),
        )
        archive.write(folder / "whole", manifest, dump, (files.path(name) for name in stored))
        (folder / "whole").replace(target)
    return manifest


def _refuse_to_overwrite(target: Path) -> None:
    if target.exists():
        raise Conflict(f"{target} is there already; a backup is not written over another")


@contextmanager
def _beside(target: Path) -> Iterator[Path]:
    """A folder on the disk of `target`, gone afterwards. Nobody else may look into it."""
    with TemporaryDirectory(prefix=".backup-", dir=target.absolute().parent) as folder:
        yield Path(folder)
