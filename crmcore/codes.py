"""Codebooks: the words that stand for areas, activities, relations, sources and the like, with labels per language.

What ships stands in `shipped_codes`; a row of this house's own stands before it. A word that is used, or ships, is
switched off and never deleted: what it stands on keeps its meaning.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from difflib import get_close_matches

from msgspec import Struct, field

from crmcore import audit, shipped_codes
from crmcore.models.companies import Code as CodeRow
from crmcore.stations import Tally
from kernel import errors, folding, ids, rows, sentences
from kernel.errors import Problem
from kernel.rows import Row
from kernel.unit import Reader, Work

BOOKS = tuple(shipped_codes.SHIPPED)
CHUNK = 200  # words a unit writes at most when many come at once
NEAR = 3
# codebook → where its words stand
_USES: Mapping[str, tuple[tuple[str, str], ...]] = {
    "area": (("companies", "area"),),
    "activity": (("companies", "activity"),),
    "relation": (("companies", "relation"),),
    "channel": (("companies", "sales_channel"),),
    "source": (("companies", "source"), ("contacts", "source"), ("tickets", "source")),
    "case": (("tickets", "kind"),),
    "reason": (("tickets", "close_reason"),),
}


class Code(Struct, frozen=True):
    """A word of a codebook. `valid_from`, `valid_to`: ISO dates, both days included, "" for open."""

    book: str
    code: str
    labels: Mapping[str, str]
    place: int
    active: bool = True
    valid_from: str = ""
    valid_to: str = ""
    parent: str = ""
    is_shipped: bool = False

    def label(self, language: str) -> str:
        """In `language`, else in English, else the word itself."""
        return self.labels.get(language) or self.labels.get("en") or self.code

    def is_valid(self, on: date) -> bool:
        """May be chosen on that day. What was chosen before keeps its label."""
        day = on.isoformat()
        return self.active and (self.valid_from or day) <= day <= (self.valid_to or day)


class Facts(Struct, frozen=True):
    """What somebody says of a word. None: nothing of that, and what we have stays."""

    book: str
    code: str
    labels: Mapping[str, str] = field(default_factory=dict)
    place: int | None = None
    active: bool | None = None
    valid_from: str | None = None
    valid_to: str | None = None
    parent: str | None = None


async def book(reader: Reader, name: str) -> dict[str, Code]:
    """All words of a codebook in their order, those switched off too."""
    found = {row["code"]: row for row in await reader.fetch("SELECT * FROM codes WHERE book = ?", name)}
    shipped = [_shipped(name, code, place) for place, code in enumerate(shipped_codes.SHIPPED.get(name, ()), 1)]
    every = [one for one in shipped if one.code not in found]
    every += [_code(row) for row in found.values()]
    return {one.code: one for one in sorted(every, key=lambda one: (one.place, one.code))}


async def needed(reader: Reader, name: str, written: str, *, on: date, what: str = "") -> str:
    """The word that was written, by itself or by a label in any language. Raises Invalid, which names the near ones.

    `what`: the field it is for, where that is not the codebook's own name.
    """
    found = chosen(await book(reader, name), written, on)
    if isinstance(found, Code):
        return found.code
    every = "a word of the codebook {book} that is valid; `centrala codes list {book}` lists all"
    close = "a word of the codebook {book} that is valid; near: {near}; `centrala codes list {book}` lists all"
    text = close if found else every
    expected = sentences.line(text, book=name, near=", ".join(found))
    raise errors.Invalid("nothing was written", problems=(Problem(what or name, expected, written[:40]),))


def chosen(words: Mapping[str, Code], written: str, on: date) -> Code | list[str]:
    """The valid word that is meant, or the valid words near it. Pure."""
    wanted = folding.fold(written)
    valid = [one for one in words.values() if one.is_valid(on)]
    known = {folding.fold(label): one for one in valid for label in one.labels.values()}
    known |= {folding.fold(one.code): one for one in valid}
    if wanted in known:
        return known[wanted]
    near = get_close_matches(wanted, known, NEAR * 2, 0.6)
    return list(dict.fromkeys(known[one].code for one in near))[:NEAR]


async def labels(reader: Reader, chosen: Mapping[str, str], language: str) -> dict[str, str]:
    """codebook → label of the word of it that was chosen, also of one that is not valid any more."""
    found = {}
    for name, code in chosen.items():
        word = (await book(reader, name)).get(code) if code else None
        found[name] = word.label(language) if word else code
    return found


async def upsert(work: Work, facts: Sequence[Facts], *, by: int | None = None) -> Tally:
    """Bring words up to `facts`, each once. The same again changes nothing. Raises Invalid for a parent that is not."""
    await work.change("UPDATE codes SET code = code WHERE id = 0")  # the unit begins with a write
    tally = Tally()
    for one in facts:
        known = (await book(work, one.book)).get(one.code)
        told = _told(one, known)
        await _must_stand(work, told)
        if known == told:
            tally = tally.plus(Tally(unchanged=1))
            continue
        await _write(work, known, told, by)
        tally = tally.plus(Tally(updated=1) if known else Tally(created=1))
    return tally


async def retire(work: Work, name: str, code: str, *, by: int | None = None) -> bool:
    """Take a word away: True if it is gone; False if it is used or ships, and is only switched off. Raises NotFound."""
    await work.change("UPDATE codes SET code = code WHERE book = ? AND code = ?", name, code)
    known = (await book(work, name)).get(code)
    if known is None:
        raise errors.NotFound(
            "There is no word {word} in the codebook {book}. Nothing was done.", code="no_code", word=code, book=name
        )
    if known.is_shipped or await _is_used(work, name, code):
        await upsert(work, [Facts(name, code, active=False)], by=by)
        return False
    row = await work.one("SELECT id FROM codes WHERE book = ? AND code = ?", name, code)
    await work.change("DELETE FROM codes WHERE book = ? AND code = ?", name, code)
    await audit.note(work, "code", row["id"] if row else 0, {"code": f"{name}/{code}"}, {"code": None}, by=by)
    return True


async def _is_used(reader: Reader, name: str, code: str) -> bool:
    for table, column in (*_USES.get(name, ()), ("codes", "parent")):
        own = " AND book = ?" if table == "codes" else ""
        more = (name,) if own else ()
        if await reader.one(f"SELECT 1 AS one FROM {table} WHERE {column} = ?{own} LIMIT 1", code, *more):
            return True
    return False


async def _must_stand(reader: Reader, told: Code) -> None:
    """Its parents are there, and it is not among them."""
    words, seen, parent = await book(reader, told.book), {told.code}, told.parent
    while parent:
        if parent in seen or parent not in words:
            expected = f"another word of the codebook {told.book} that does not stand below {told.code}"
            raise errors.Invalid("nothing was written", problems=(Problem("parent", expected, told.parent),))
        seen.add(parent)
        parent = words[parent].parent


async def _write(work: Work, known: Code | None, told: Code, by: int | None) -> None:
    row = _row(told, work)
    [written] = await work.insert(
        CodeRow,
        [row],
        conflict="ON CONFLICT (book, code) DO UPDATE SET labels = excluded.labels, place = excluded.place,"
        " active = excluded.active, valid_from = excluded.valid_from, valid_to = excluded.valid_to,"
        " parent = excluded.parent, changed_at = excluded.changed_at",
        returning="id",
    )
    await audit.note(work, "code", written["id"], _shown(known) if known else {}, _shown(told), by=by)


def _told(facts: Facts, known: Code | None) -> Code:
    """The word as it is to be: what is said of it over what is known. Pure."""
    before = known or Code(facts.book, facts.code, {}, 1000)
    return Code(
        facts.book,
        facts.code,
        {**before.labels, **facts.labels},
        before.place if facts.place is None else facts.place,
        before.active if facts.active is None else facts.active,
        before.valid_from if facts.valid_from is None else facts.valid_from,
        before.valid_to if facts.valid_to is None else facts.valid_to,
        before.parent if facts.parent is None else facts.parent,
        before.is_shipped,
    )


def _shown(code: Code) -> dict[str, object]:
    plain = {name: getattr(code, name) for name in ("code", "place", "active", "valid_from", "valid_to", "parent")}
    return {**plain, **{f"label {language}": label for language, label in code.labels.items()}}


def _shipped(name: str, code: str, place: int) -> Code:
    return Code(name, code, shipped_codes.labels(name, code), place, is_shipped=True)


def _code(row: Row) -> Code:
    return Code(
        row["book"],
        row["code"],
        rows.json(row["labels"]),
        row["place"],
        bool(row["active"]),
        row["valid_from"],
        row["valid_to"],
        row["parent"],
        row["code"] in shipped_codes.SHIPPED.get(row["book"], ()),
    )


def _row(told: Code, work: Work) -> Row:
    return {
        "id": ids.new(),
        "book": told.book,
        "code": told.code,
        "labels": dict(told.labels),
        "place": told.place,
        "active": told.active,
        "valid_from": told.valid_from,
        "valid_to": told.valid_to,
        "parent": told.parent,
        "changed_at": work.now,
    }
