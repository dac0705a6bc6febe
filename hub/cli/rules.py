"""`centrala rules facts`: what a rule's condition can look at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub.cli import Late, options, printing

if TYPE_CHECKING:
    from routing import rules
else:
    rules = Late("routing.rules")

app = options.application()


@app.callback()
def family() -> None:
    """Rules: conditions in CEL that choose queue, priority and tags."""


@app.command()
def facts() -> None:
    """List every fact with an example."""
    listed = [
        (f"{root}.{name}", repr(example), meaning)
        for root, known in rules.FACTS.items()
        for name, (example, meaning) in known.items()
    ]
    printing.columns(("FACT", "EXAMPLE", "MEANING"), [*listed, ("now", "a timestamp", "the time of the hub")])
    print('\nAlso fold(text): case and accents folded. Example: fold(message.text).contains("zolc")')
