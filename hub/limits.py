"""The settings of files: how large one may be that comes in."""

from __future__ import annotations

from pydantic import Field

from kernel.settings import Section

MEGABYTE = 1024 * 1024


class Files(Section):
    """`max_bytes`: of one file; a larger one is named with its message and not taken in."""

    max_bytes: int = Field(default=20 * MEGABYTE, ge=MEGABYTE, le=25 * MEGABYTE)
