"""The command line: a table of commands that are imported only when they are called (`--help` stays fast)."""

from __future__ import annotations

import importlib
import sys
from typing import Any

# command → module of hub.cli that has it, and its line in the help
COMMANDS = {
    "demo": ("demo", "start everything with simulated phones: no account, no token"),
    "setup": ("setup", "set the hub up by questions, each channel tried at once"),
    "run": ("run", "run the hub as the settings say"),
    "migrate": ("migrate", "bring the database up to this version"),
    "backup": ("backup", "write everything into one file, while the hub runs"),
    "restore": ("restore", "put a backup where the settings say"),
    "retention": ("retention", "remove what is kept for a while only"),
    "check": ("check", "test the settings and each channel, step by step"),
    "email": ("email", "sign in to the mail provider by OAuth"),
    "inspect": ("inspect", "what the channels make of a mail, a text, a number, a signature, a webhook"),
    "staff": ("staff", "add, invite, list, show, change and remove colleagues"),
    "tickets": ("tickets", "list and show tickets"),
    "search": ("search", "find words in messages, tickets, customers and companies; build the index"),
    "report": ("report", "what was done, in numbers: by day, queue, channel, person"),
    "digest": ("digest", "what a colleague's digest would say now"),
    "sla": ("sla", "why a clock is due when it is; running clocks moved to changed policies"),
    "messages": ("messages", "list messages; retry parked and dead ones"),
    "go-live": ("golive", "end quiet mode: from then on messages leave"),
    "withheld": ("withheld", "answers that quiet mode withheld: list, send, drop"),
    "history": ("history", "bring contacts and tickets of another help desk in, silently"),
    "companies": ("companies", "list, show, add, change, import and export business relations"),
    "contacts": ("contacts", "list, show, import and export people outside"),
    "consent": ("consent", "what an address wants to hear from us, and the messages that said so"),
    "owners": ("owners", "for whom we act: owners, their groups and colleagues"),
    "codes": ("codes", "list, add, import and retire words of the codebooks"),
    "stations": ("stations", "import and list stations"),
    "subscribers": ("subscribers", "import and list those who are told of outages"),
    "outages": ("outages", "list outages; show who was told what"),
    "reminders": ("reminders", "list what colleagues want to be reminded of"),
    "bot": ("bot", "play a transcript of commands on a throwaway desk"),
    "macros": ("macros", "canned answers: list them, try one"),
    "rules": ("rules", "the facts that rules can look at; try the rules, also on last month"),
}
USAGE = 2


class Late:
    """A module that is imported when something in it is first asked for: help comes without the hub's weight."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        return getattr(importlib.import_module(self._name), attribute)


def main() -> None:
    """Run the command of the process's arguments; exits with 0 ok, 1 refused, 2 usage or settings, 3 no store."""
    words = sys.argv[1:]
    if not words or words[0] in ("-h", "--help", "help"):
        print(_help())
        sys.exit(0)
    if words[0] in ("-V", "--version"):
        print(importlib.import_module("hub.cli.version").text())
        sys.exit(0)
    if words[0] not in COMMANDS:
        print(f"centrala: there is no command {words[0]!r}.\n\n{_help()}", file=sys.stderr)
        sys.exit(USAGE)
    module = importlib.import_module(f"hub.cli.{COMMANDS[words[0]][0]}")
    module.app(args=words[1:], prog_name=f"centrala {words[0]}")


def _help() -> str:
    lines = [f"  {name:<11} {line}" for name, (_, line) in COMMANDS.items()]
    return "\n".join(
        [
            "Centrala: messages from every channel become tickets; colleagues answer from their phones.",
            "",
            "Usage: centrala COMMAND [OPTIONS]",
            "",
            *lines,
            "",
            "centrala COMMAND --help explains one. Exit codes: 0 ok, 1 refused, 2 usage or settings, 3 no database.",
        ]
    )
