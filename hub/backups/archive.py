"""The form of a backup: one gzipped tar with a manifest first, the database dump, and the stored files."""

from __future__ import annotations

import hashlib
import io
import os
import tarfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, BinaryIO

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from kernel.errors import Invalid

FORMAT = 1
MANIFEST = "manifest.json"
DUMP = "database"
FILES = "files"
COMPRESSION = 3  # attachments are mostly compressed already; the dump shrinks to a fifth at any level
_CHUNK = 1024 * 1024

Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Manifest(BaseModel):
    """What a backup holds. `rows`: table → how many; `migrations`: those the database had seen, in order."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    format: int
    version: str
    engine: str
    made_at: str
    migrations: tuple[str, ...]
    rows: dict[str, int]
    dump_digest: Digest
    files: tuple[Digest, ...]


def write(target: Path, manifest: Manifest, dump: Path, files: Iterable[Path]) -> None:
    """Write a backup to `target`, for its owner only. `files`: where those that `manifest` names are, in its order."""
    with target.open("xb") as out, tarfile.open(fileobj=out, mode="w:gz", compresslevel=COMPRESSION) as tar:
        target.chmod(0o600)
        said = manifest.model_dump_json(indent=1).encode()
        head = tarfile.TarInfo(MANIFEST)
        head.size = len(said)
        tar.addfile(head, io.BytesIO(said))
        tar.add(dump, DUMP)
        for name, path in zip(manifest.files, files, strict=True):
            tar.add(path, f"{FILES}/{name}")
    sync(target)


@contextmanager
def opened(source: Path) -> Iterator[tuple[Manifest, Iterator[tuple[str, BinaryIO]]]]:
    """The manifest of a backup and its other members, to be read in their order: DUMP, then `files/…`.

    Raises Invalid if `source` is no backup, is cut short, or was made by a later version of the form.
    """
    try:
        with tarfile.open(source, "r:gz") as tar:
            yield _manifest(tar, source), _members(tar)
    except (tarfile.TarError, EOFError, OSError) as error:
        if isinstance(error, OSError) and error.errno:  # of the disk, not of the form
            raise
        raise Invalid(f"{source} is no backup, or not a whole one ({error})") from error


def sync(path: Path) -> None:
    """Put a file, or a folder's names, on the disk itself."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def copy(source: BinaryIO, target: BinaryIO) -> str:
    """Copy all of `source` and return the sha-256 of it, in hex."""
    digest = hashlib.sha256()
    while chunk := source.read(_CHUNK):
        digest.update(chunk)
        target.write(chunk)
    return digest.hexdigest()


def digest(path: Path) -> str:
    """The sha-256 of a file, in hex."""
    with path.open("rb") as opened_file:
        return hashlib.file_digest(opened_file, "sha256").hexdigest()


def _manifest(tar: tarfile.TarFile, source: Path) -> Manifest:
    first = tar.next()
    said = tar.extractfile(first) if first is not None and first.name == MANIFEST else None
    if said is None:
        raise Invalid(f"{source} is no backup of Centrala: it does not begin with {MANIFEST}")
    try:
        found = Manifest.model_validate_json(said.read())
    except ValidationError as error:
        raise Invalid(f"the {MANIFEST} of {source} cannot be read") from error
    if found.format > FORMAT:
        raise Invalid(f"{source} was made by Centrala {found.version}, which is newer; restore it with that version")
    return found


def _members(tar: tarfile.TarFile) -> Iterator[tuple[str, BinaryIO]]:
    """Plain files only: a name is looked at by who takes it, and never becomes a path by itself."""
    while (member := tar.next()) is not None:
        body = tar.extractfile(member) if member.isfile() else None
        if body is None:
            raise Invalid(f"the backup holds {member.name!r}, which no backup has")
        yield member.name, body  # type: ignore[misc]
