"""Files of another help desk by their format: which reader takes them, and under which name they are known."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from channels.email.content import Understand
from hub.history import cells, documents, freescout, mails, sheet, zammad
from hub.history.columns import Mapped
from hub.history.reading import Records, Told
from kernel import errors
from kernel.errors import Problem

SIZE_LIMIT = 200 * 1024 * 1024  # bytes of a file that is read whole; folders of mail are not
CHUNK = 1024 * 1024
DOCUMENTS = {"zammad": zammad.read, "freescout": freescout.read}
TABLES = ("csv", "xlsx")
FORMATS = (*TABLES, "mbox", *DOCUMENTS)


def digest(paths: Sequence[Path], *, format_: str, mapped: Mapped) -> str:
    """The same for the same files read in the same way. Raises Invalid if one cannot be read."""
    found = hashlib.sha256(repr((format_, sorted(mapped.columns.items()), mapped.zone.key, mapped.date)).encode())
    found.update(repr((mapped.encoding, sorted(mapped.own))).encode())
    for path in paths:
        try:
            with path.open("rb") as file:
                while chunk := file.read(CHUNK):
                    found.update(chunk)
        except OSError as error:
            problem = Problem(str(path), "a file that can be read", error.strerror or "")
            raise errors.Invalid("nothing was imported", problems=(problem,)) from error
    return found.hexdigest()


def read(paths: Sequence[Path], format_: str, mapped: Mapped, understand: Understand, told: Told) -> Records:
    """Every record of the files, the bad ones among them. Raises Invalid for a file that is none of that format."""
    if format_ == "mbox":
        yield from mails.read(paths, mapped.own, understand, told)
    elif format_ in DOCUMENTS:
        found = [(path.name, documents.read(path, _content(path))) for path in paths]
        yield from DOCUMENTS[format_](found, told)
    else:
        for path in paths:
            yield from sheet.read(path.name, _table(path, format_, mapped, told), mapped, told)


def recognised(path: Path, format_: str, mapped: Mapped) -> dict[str, str]:
    """Column → heading of a table, as a mapping has it."""
    return sheet.recognised(_table(path, format_, mapped, Told()), mapped)


def _table(path: Path, format_: str, mapped: Mapped, told: Told) -> sheet.Cells:
    content = _content(path)
    return cells.of_xlsx(content) if format_ == "xlsx" else cells.of_csv(content, mapped.encoding, told)


def _content(path: Path) -> bytes:
    if path.stat().st_size > SIZE_LIMIT:
        raise errors.Invalid("nothing was imported", problems=(Problem(path.name, "at most 200 MB; split it"),))
    return path.read_bytes()
