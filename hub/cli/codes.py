"""`centrala codes`: the words of the codebooks, listed, added, imported and retired."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.cli import Late, importing, listing, options

if TYPE_CHECKING:
    from crmcore import codes
    from crmcore.codes import Code
    from crmcore.exchange import codes as sheet
    from crmcore.stations import Tally
    from kernel import errors
    from kernel.unit import Store
else:
    codes = Late("crmcore.codes")
    errors = Late("kernel.errors")
    sheet = Late("crmcore.exchange.codes")

app = options.application()
Book = Annotated[str, typer.Argument(help="area, activity, relation, opportunity, source, channel or case.")]


@app.command("list")
def list_codes(
    book: Annotated[str, typer.Argument(help="One codebook; all without.")] = "",
    as_json: options.AsJson = False,
    config: options.Config = None,
) -> None:
    """List the words of the codebooks, those switched off too."""

    async def act(store: Store, settings: Any) -> list[dict[str, Any]]:
        names = [_known(book)] if book else codes.BOOKS
        return [_row(one) for name in names for one in (await codes.book(store.reading(), name)).values()]

    keys = ("book", "code", "label", "active", "valid_from", "valid_to", "parent")
    listing.tell(options.on_store(config, act), keys, as_json=as_json)


@app.command()
def add(
    book: Book,
    code: Annotated[str, typer.Argument(help="The word: a-z, 0-9, - and _.")],
    label: Annotated[
        list[str] | None, typer.Option(help="A label by language: pl=Północ; without language English.")
    ] = None,
    place: Annotated[int | None, typer.Option(help="Where it stands in its list.")] = None,
    valid_from: Annotated[str, typer.Option(help="First day: 2026-01-01.")] = "",
    valid_to: Annotated[str, typer.Option(help="Last day.")] = "",
    parent: Annotated[str, typer.Option(help="The word above it.")] = "",
    config: options.Config = None,
) -> None:
    """Add a word, or change what is said of it; switch one on again."""
    pairs = [one.partition("=") for one in label or []]
    labels = {language if sign else "en": said if sign else language for language, sign, said in pairs}

    async def act(store: Store, settings: Any) -> Tally:
        facts = codes.Facts(
            book, code, labels, place, True, valid_from or None, valid_to or None, parent if parent else None
        )
        problems = sheet.checked(facts)
        if problems:
            raise errors.Invalid("nothing was written", problems=tuple(problems))
        async with store.unit() as work:
            return await codes.upsert(work, [facts])

    tally = options.on_store(config, act)
    print(f"{book} {code} is {'added' if tally.created else 'changed' if tally.updated else 'so already'}.")


@app.command()
def retire(book: Book, code: str, config: options.Config = None) -> None:
    """Take a word away. One that is used, or ships, is switched off: what it stands on keeps it."""

    async def act(store: Store, settings: Any) -> bool:
        async with store.unit() as work:
            return await codes.retire(work, _known(book), code)

    gone = options.on_store(config, act)
    print(f"{book} {code} is {'gone' if gone else 'switched off'}.")


@app.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(help="CSV: book, code, en, pl, sk, hu, ru, place, active, valid from, …")],
    skip_bad: importing.SkipBad = False,
    dry_run: importing.DryRun = False,
    as_json: options.AsJson = False,
    config: options.Config = None,
) -> None:
    """Add new words, change known ones. The same file again changes nothing."""

    async def read(store: Store, content: bytes) -> importing.Found:
        return importing.Found(*sheet.read(content))

    how = importing.How(skip_bad=skip_bad, dry_run=dry_run, as_json=as_json)
    importing.bring(file, config, "codes", read, codes.upsert, size=codes.CHUNK, how=how)


def _known(book: str) -> str:
    """The codebook's name; exit 2 for one that there is not."""
    if book not in codes.BOOKS:
        print(f"centrala: there is no codebook {book}. There are: {', '.join(codes.BOOKS)}.", file=sys.stderr)
        sys.exit(options.USAGE)
    return book


def _row(one: Code) -> dict[str, Any]:
    return {
        "book": one.book,
        "code": one.code,
        "label": one.label("en"),
        "labels": dict(one.labels),
        "place": one.place,
        "active": one.active,
        "valid_from": one.valid_from or None,
        "valid_to": one.valid_to or None,
        "parent": one.parent or None,
        "shipped": one.is_shipped,
    }
