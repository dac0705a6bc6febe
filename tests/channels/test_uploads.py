"""What customers send by a link as it is stored: what was packed is what is parsed and cut."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels import uploads
from channels.contract import File, Kind, Raw
from channels.uploads import Contents, Part
from tests.conftest import START

Files = list[tuple[str, bytes]]


def stored(files: Files, comment: str = "") -> Raw:
    parts = tuple(Part(name, "image/png", len(body)) for name, body in files)
    body = b"".join(body for _, body in files) + uploads.last_line(Contents(7, comment, parts))
    return Raw(uploads.CHANNEL, uploads.ACCOUNT, uploads.external_id(7), "7", body, START)


@given(st.lists(st.tuples(st.text(max_size=20), st.binary(max_size=200)), max_size=5), st.text(max_size=200))
def test_every_byte_comes_back(files: Files, comment: str) -> None:
    """Line breaks and JSON among the bytes, in names and in the comment too."""
    raw = stored(files, comment)
    found = uploads.parse(raw)
    assert (found.kind, found.event, found.payload.link, found.payload.comment) == (
        Kind.EVENT, uploads.EVENT, 7, comment,
    )  # fmt: skip
    assert [(one.name, uploads.cut(raw, one)) for one in found.files] == files


@pytest.mark.parametrize("body", [b"", b"\n", b"{}", b"xyz\n{", b'\n{"link": "x"}', b"\xff\n\xff"])
def test_what_is_none_of_ours_is_unreadable(body: bytes) -> None:
    raw = Raw(uploads.CHANNEL, uploads.ACCOUNT, "7", "7", body, START)
    assert uploads.parse(raw).unreadable


def test_a_file_that_is_not_all_there_is_refused() -> None:
    with pytest.raises(ValueError, match="shorter"):
        uploads.cut(stored([("a", b"abc")]), File("a", reference="1+500"))
