"""`import`, `imports` and `export` of companies and contacts: the commands as both have them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.cli import Late, listing, options, printing

if TYPE_CHECKING:
    from crmcore.exchange import batches
    from hub.cli import exporting, undoing
    from hub.cli import filing as filing_module
    from kernel import rows
    from kernel.unit import Store
else:
    batches = Late("crmcore.exchange.batches")
    exporting = Late("hub.cli.exporting")
    filing_module = Late("hub.cli.filing")
    rows = Late("kernel.rows")
    undoing = Late("hub.cli.undoing")

File = Annotated[Path | None, typer.Argument(help="CSV, XLSX or vCard.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Tell line by line what would be done; write nothing.")]
Map = Annotated[
    list[str] | None,
    typer.Option("--map", metavar="HEADING=FIELD", help="What a column is, - for nothing; may be given several times."),
]
Encoding = Annotated[str, typer.Option(help="utf-8, cp1250, …: instead of what is found out.")]
Delimiter = Annotated[str, typer.Option(help="What parts the cells: instead of what is found out.")]
Owner = Annotated[str, typer.Option(help="For which owner, where lines do not say.")]
Country = Annotated[str, typer.Option(help="Two letters: whose phone and tax numbers, where lines do not say.")]
As = Annotated[str, typer.Option("--as", metavar="COLLEAGUE", help="See and do only what this colleague may.")]
Errors = Annotated[
    Path | None, typer.Option("--errors", metavar="FILE", help="Write refused lines there, to be mended and imported.")
]
Undo = Annotated[str, typer.Option("--undo", metavar="IMPORT", help="Take back what this import (I12) did.")]
Target = Annotated[str, typer.Argument(metavar="FILE", help="FILE.csv, FILE.xlsx, FILE.vcf, or - for CSV.")]
Version = Annotated[str, typer.Option(help="Of vCards: 3.0 (most phones and mail programs) or 4.0.")]
Archived = Annotated[bool, typer.Option("--archived", help="Archived ones too.")]
Mark = Annotated[bool, typer.Option("--bom", help="Begin CSV with the mark by which Excel knows UTF-8.")]


def add(app: typer.Typer, kind: str) -> None:
    """Give a command its import, imports and export."""
    _add_import(app, kind)
    _add_export(app, kind)

    @app.command(help=f"List imports of {kind}, the newest first.")
    def imports(as_json: options.AsJson = False, config: options.Config = None) -> None:
        async def act(store: Store, settings: Any) -> list[dict[str, Any]]:
            return [_row(one) for one in await batches.listed(store.reading(), kind)]

        keys = ("import", "file", "state", "created", "updated", "unchanged", "conflicts", "errors", "started_at")
        listing.tell(options.on_store(config, act), keys, as_json=as_json)


def _add_import(app: typer.Typer, kind: str) -> None:
    @app.command(
        "import", help=f"Bring {kind} up to a file. The same file again changes nothing; --undo takes it back."
    )
    def import_file(
        file: File = None,
        dry_run: DryRun = False,
        maps: Map = None,
        encoding: Encoding = "",
        delimiter: Delimiter = "",
        owner: Owner = "",
        country: Country = "",
        colleague: As = "",
        errors: Errors = None,
        undo: Undo = "",
        as_json: options.AsJson = False,
        config: options.Config = None,
    ) -> None:
        if undo:
            undoing.run(kind, undo, config, as_json=as_json)
            return
        if file is None:
            print("centrala: name a FILE, or what to --undo. Nothing was imported.", file=sys.stderr)
            sys.exit(options.USAGE)
        asked = filing_module.Asked(
            kind=kind,
            file=file,
            dry_run=dry_run,
            maps=tuple(maps or ()),
            encoding=encoding,
            delimiter="\t" if delimiter in ("tab", "\\t") else delimiter,
            owner=owner,
            country=country,
            colleague=colleague,
            errors=errors,
            as_json=as_json,
        )
        filing_module.run(asked, config)


def _add_export(app: typer.Typer, kind: str) -> None:
    @app.command("export", help=f"Write {kind} into a file that an import reads back; no cell of it runs as a formula.")
    def export_file(
        target: Target,
        version: Version = "3.0",
        archived: Archived = False,
        mark: Mark = False,
        delimiter: Annotated[str, typer.Option(help="What parts the cells of CSV.")] = ";",
        colleague: As = "",
        config: options.Config = None,
    ) -> None:
        asked = exporting.Asked(
            kind=kind,
            target=target,
            version=version,
            archived=archived,
            mark=mark,
            delimiter="\t" if delimiter in ("tab", "\\t") else delimiter,
            colleague=colleague,
        )
        exporting.run(asked, config)


def _row(one: Any) -> dict[str, Any]:
    counts = ("created", "updated", "unchanged", "conflicts", "errors")
    return {
        "import": f"I{one['number']}",
        "file": one["file"],
        "state": one["state"],
        **{name: one[name] for name in counts},
        "started_at": printing.utc(rows.instant(one["started_at"])),
        "ended_at": printing.utc(rows.maybe_instant(one["ended_at"])),
    }
