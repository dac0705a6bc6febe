"""Restoring a backup: everything is read and checked before anything is put in its place."""

from __future__ import annotations

import tempfile
from collections.abc import Collection
from pathlib import Path

from channels.files import FileStore
from hub.backups import archive, engines
from hub.backups.archive import DUMP, FILES, Manifest
from hub.backups.facts import differences
from kernel.errors import Invalid


async def restore(source: Path, url: str, files: FileStore, *, known: Collection[str]) -> Manifest:
    """Put the backup `source` where the settings say: the stored files first, then the database in one step.

    `known`: the migrations this version has. Raises Invalid for what is no whole backup, is of another engine or of a
    newer version; Conflict where there is a database already; TryLater if the database does not answer; OSError if
    there is no room. In each case the database is as it was.
    """
    engine = engines.of(url)
    await engine.refuse_if_used(url)
    with tempfile.TemporaryDirectory(prefix=".restore-", dir=_nearest(files.root)) as folder:
        manifest = await _unpack(source, Path(folder), files, engine=engine.name, known=known)
        await engine.check(Path(folder) / DUMP)
        await engine.put(url, Path(folder) / DUMP)
    if wrong := differences(manifest.rows, (await engine.facts(url)).rows):
        raise Invalid(f"restored, but not everything is there: {'; '.join(wrong)}")
    return manifest


async def _unpack(source: Path, folder: Path, files: FileStore, *, engine: str, known: Collection[str]) -> Manifest:
    """The dump into `folder`, the files into the store. Raises Invalid at the first thing that is not as said."""
    with archive.opened(source) as (manifest, members):
        _refuse_strangers(manifest, engine, known)
        missing = set(manifest.files)
        has_dump = False
        for name, body in members:
            if name == DUMP:
                with (folder / DUMP).open("wb") as target:
                    has_dump = archive.copy(body, target) == manifest.dump_digest
                if not has_dump:
                    raise Invalid(f"the database in {source} is not the one that was backed up: its digest is another")
                continue
            wanted = name.removeprefix(f"{FILES}/")
            if wanted not in missing or await files.keep(body.read()) != wanted:
                raise Invalid(f"{name} in {source} is not what was backed up")
            missing.remove(wanted)
    if missing or not has_dump:
        raise Invalid(f"{source} is cut short: {len(missing)} files of it are not there")
    return manifest


def _refuse_strangers(manifest: Manifest, engine: str, known: Collection[str]) -> None:
    if manifest.engine != engine:
        raise Invalid(f"the backup is of {manifest.engine}, database.url names {engine}; restore it on its own engine")
    unknown = [name for name in manifest.migrations if name not in known]
    if unknown:
        raise Invalid(
            f"the backup was made by Centrala {manifest.version}, which is newer; restore it with that version"
        )


def _nearest(folder: Path) -> Path:
    """`folder`, made if need be: the disk that has the room."""
    folder.mkdir(parents=True, exist_ok=True)
    return folder
