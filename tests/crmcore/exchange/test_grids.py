"""Tables of text and workbooks as grids; cells that a spreadsheet would run; columns by their words."""

from __future__ import annotations

import io
from datetime import date, datetime

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmcore.exchange import grids, guard, mappings, reading, sinks, workbooks
from kernel.errors import Invalid

TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=20)
RISKY = st.builds(str.__add__, st.sampled_from(["", "'", "''", "=", "+", "-", "@", "'=", "''-"]), TEXT)
CELLS = st.lists(st.lists(RISKY | TEXT, min_size=3, max_size=3), min_size=1, max_size=6)


@pytest.mark.parametrize("delimiter", grids.DELIMITERS)
def test_the_delimiter_is_found(delimiter: str) -> None:
    """S1-2: quoted line breaks and delimiters are text; lines are counted as the file has them."""
    text = delimiter.join(["name", '"town, or; vill|age"', "note"]) + "\r\n"
    text += delimiter.join(["Orlik", "Gdynia", '"two\r\nlines"']) + "\r\n\r\n" + delimiter.join(["B", "", ""]) + "\r\n"
    grid = grids.from_csv(text.encode())
    assert grid.header == ("name", "town, or; vill|age", "note")
    assert [(line.number, line.cells) for line in grid.lines] == [
        (2, ("Orlik", "Gdynia", "two\r\nlines")),
        (5, ("B", "", "")),
    ]


@pytest.mark.parametrize(
    ("content", "field"),
    [
        (b"", "heading"),
        (b"\n\n;;\n", "heading"),
        (b"name;town\na;b;c\n", "line 2"),
        (b'name\n"open\n', "line 2"),
        (b"name\n" + b"x" * (grids.CELL_LIMIT + 1), "line 2"),
    ],
    ids=["empty", "only delimiters", "a cell too many", "an open quote", "an endless cell"],
)
def test_what_is_no_table_is_refused_with_its_line(content: bytes, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        grids.from_csv(content)
    assert refused.value.problems[0].field == field


@given(RISKY | TEXT)
def test_a_guarded_cell_is_no_formula_and_comes_back(cell: str) -> None:
    """S4-11: no spreadsheet evaluates what begins with = + - @, tab or return."""
    assert guard.unguard(guard.guard(cell)) == cell
    assert guard.unguard(guard.quoted(cell)) == cell
    assert not guard.guard(cell).startswith(("=", "+", "-", "@", "\t", "\r"))


@given(CELLS, st.sampled_from(grids.DELIMITERS), st.booleans())
def test_csv_comes_back_as_it_was_written(rows: list[list[str]], delimiter: str, mark: bool) -> None:
    out = io.StringIO(newline="")
    head = ["first", "second", "third"]
    assert sinks.to_csv(out, [head, *rows], delimiter=delimiter, mark=mark) == len(rows)
    grid = grids.from_csv(out.getvalue().encode())
    held = [tuple(cells) for cells in rows if any(cell.strip() for cell in cells)]
    assert [line.cells for line in grid.lines] == held


@given(CELLS)
def test_a_workbook_comes_back_as_it_was_written(rows: list[list[str]]) -> None:
    """Texts stay texts: no number loses its zeros, no cell becomes a formula or a link."""
    out = io.BytesIO()
    sinks.to_xlsx(out, [["first", "second", "third"], *rows], "people")
    grid = workbooks.read(out.getvalue())
    held = [tuple(cells) for cells in rows if any(cell.strip() for cell in cells)]
    assert [line.cells for line in grid.lines] == held


def test_no_cell_of_a_workbook_is_a_formula() -> None:
    """S4-11: read by another program."""
    out = io.BytesIO()
    sinks.to_xlsx(out, [["name"], ["=1+1"], ["@SUM(A1)"], ["https://orlik.example"]], "people")
    page = openpyxl.load_workbook(io.BytesIO(out.getvalue())).active
    cells = [cell for [cell] in page.iter_rows(min_row=2)]
    assert [(cell.data_type, cell.value, cell.hyperlink) for cell in cells] == [
        ("s", "=1+1", None),
        ("s", "@SUM(A1)", None),
        ("s", "https://orlik.example", None),
    ]
    assert all(cell.style.quotePrefix if hasattr(cell.style, "quotePrefix") else cell.quotePrefix for cell in cells)


def test_a_workbook_as_people_type_it() -> None:
    """crm.md 3.5: zeros that were eaten come back by the length of the others, and it is told."""
    book = openpyxl.Workbook()
    page = book.active
    page.append(["id", "name", "since", "share", "sum"])
    page.append(["00123456", "Orlik", date(2026, 3, 1), 0.3, "=1+1"])
    page.append([99, "Lis", datetime.fromisoformat("2026-03-01 12:30"), 12.0, None])
    out = io.BytesIO()
    book.save(out)
    grid = reading.read("companies", out.getvalue())
    assert [line.cells[:4] for line in grid.lines] == [
        ("00123456", "Orlik", "2026-03-01", "0.3"),
        ("00000099", "Lis", "2026-03-01 12:30:00", "12"),
    ]
    assert "1 cells stood as numbers" in grid.warnings[0]
    assert grid.lines[0].cells[4] == ""  # nobody has computed it, and neither do we


def test_what_is_no_workbook_is_refused() -> None:
    with pytest.raises(Invalid):
        reading.read("companies", b"PK\x03\x04 not really")


@pytest.mark.parametrize(
    ("header", "columns"),
    [
        (["Nazwa firmy", "NIP", "Miejscowość", "Telefon"], ("name", "tax_number", "city", "phone")),
        (["Názov", "IČO", "Mesto", "PSČ"], ("name", "tax_number", "city", "postcode")),
        (["Cégnév", "Adószám", "Város", "Irányítószám"], ("name", "tax_number", "city", "postcode")),
        (["Название", "ИНН", "Город", "Эл. почта"], ("name", "tax_number", "city", "mail")),
        (["Company-Name", "e_mail", "Name", "x", "_error"], ("name", "mail", "", "", "")),
    ],
)
def test_columns_are_known_by_their_words(header: list[str], columns: tuple[str, ...]) -> None:
    """S1-9: in five languages; of two columns for one field the first counts."""
    assert mappings.guessed("companies", header) == columns


def test_several_columns_may_hold_addresses() -> None:
    header = ["First Name", "Last Name", "E-mail Address", "E-mail 2 Value", "Mobile Phone"]
    columns = mappings.guessed("contacts", header)
    assert columns == ("given_name", "family_name", "mail", "mail", "phone")
    grid = grids.of([(1, header), (2, ["Jan", "Lis", "a@x.pl", "b@x.pl", "1"])], "")
    assert mappings.records("contacts", grid, columns)[0].values["mail"] == "a@x.pl; b@x.pl"


def test_what_is_said_of_a_column_wins() -> None:
    header = ["Firma", "Uwagi", "Miasto"]
    columns = mappings.guessed("companies", header)
    said = mappings.overridden("companies", header, columns, ["uwagi=company.segment", "Miasto=-"])
    assert said == ("name", "segment", "")
    assert mappings.unused(header, said) == ["Miasto"]
    with pytest.raises(Invalid) as refused:
        mappings.overridden("companies", header, columns, ["Nothing=name", "Firma=colour", "Firma"])
    assert len(refused.value.problems) == 3


def test_a_file_that_names_nobody_is_refused() -> None:
    with pytest.raises(Invalid):
        mappings.must_name("companies", ["Miasto"], ("city",))
