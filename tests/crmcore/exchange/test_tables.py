"""Files as they come: encodings, delimiters, headings in five languages, quotes, and what is no table."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmcore.exchange import tables
from kernel.errors import Invalid

HEADINGS = {"code": ("kod", "код"), "name": ("nazwa",)}
TEXT = "kod;nazwa\n0412;Żółć\n0415;Łódź\n"


@pytest.mark.parametrize(
    ("content", "encoding", "delimiter"),
    [
        (TEXT.encode(), "utf-8", ";"),
        (TEXT.encode("utf-8-sig"), "utf-8-sig", ";"),
        (TEXT.encode("cp1250"), "cp1250", ";"),
        (TEXT.replace(";", ",").encode(), "utf-8", ","),
        (TEXT.replace(";", "\t").encode(), "utf-8", "\t"),
        (TEXT.replace("\n", "\r\n").encode("cp1250"), "cp1250", ";"),
        (f"\n\n{TEXT}\n\n".encode(), "utf-8", ";"),
    ],
    ids=["utf-8", "mark", "windows", "comma", "tab", "crlf", "empty lines"],
)
def test_encoding_and_delimiter_are_found_out(content: bytes, encoding: str, delimiter: str) -> None:
    table = tables.read(content, HEADINGS, required=["code"])
    assert (table.encoding, table.delimiter, table.problems) == (encoding, delimiter, ())
    assert [dict(row.values) for row in table.rows] == [
        {"code": "0412", "name": "Żółć"},
        {"code": "0415", "name": "Łódź"},
    ]


def test_lines_keep_their_numbers_over_quoted_breaks() -> None:
    content = b'KOD,Nazwa,other\n1,"a\nb",x\n\n2,"c ""d""",y\n'
    table = tables.read(content, HEADINGS, required=["code"])
    assert [(row.line, row.values["name"]) for row in table.rows] == [(2, "a b"), (5, 'c "d"')]
    assert table.ignored == ("other",)


@pytest.mark.parametrize(
    ("content", "field"),
    [
        (b"", "heading"),
        (b"name\nx\n", "heading"),
        (b"code,kod\n1,2\n", "heading"),
        (b'code,name\n1,"open\n', "line 2"),
        (b"code\x00,name\n", "encoding"),
        (TEXT.encode("utf-16"), "encoding"),
    ],
    ids=["nothing", "no code", "two codes", "an open quote", "NUL", "utf-16"],
)
def test_what_is_no_such_table_is_refused(content: bytes, field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        tables.read(content, HEADINGS, required=["code"])
    assert refusal.value.problems[0].field == field and "nothing was imported" in str(refusal.value)


def test_a_line_that_is_too_long_is_told() -> None:
    table = tables.read(b"code,name\n1,a,b\n", HEADINGS, required=["code"])
    assert [(one.field, one.got) for one in table.problems] == [("line 2, cells", "3 cells")]


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    try:
        tables.read(b"code;name\n" + content, HEADINGS, required=["code"])
    except Invalid as refusal:
        assert refusal.problems
