"""`centrala staff refused`: the audit of refused commands at the terminal."""

from __future__ import annotations

import json
from pathlib import Path

from crmcore import refused, staff
from crmcore.access import Role
from crmcore.refused import Proof, Refused
from kernel.unit import Store
from tests.support import commands


async def test_refused_commands_are_listed_the_newest_first(store: Store, database_url: str, tmp_path: Path) -> None:
    """S20, bot.md 2.8: for people and for programs."""
    async with store.unit() as work:
        anna = int(await staff.add(work, "Anna", Role.AGENT, []))
        for verb in ("ban", "golive"):
            await refused.note(work, Refused(anna, verb, f"/{verb} is refused.", "sms", Proof.NUMBER))
    (tmp_path / "centrala.toml").write_text(f'[database]\nurl = "{database_url}"\n')

    def run(*words: str) -> str:
        done = commands.run_text("staff", "refused", "--config", str(tmp_path / "centrala.toml"), *words)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout

    found = [json.loads(line) for line in run("--json").splitlines()]
    assert [(one["name"], one["verb"], one["channel"], one["proof"]) for one in found] == [
        ("Anna", "golive", "sms", "number"),
        ("Anna", "ban", "sms", "number"),
    ]
    assert found[0]["why"] == "/golive is refused."
    head, line = run("--limit", "1").splitlines()
    assert head.split() == ["AT", "NAME", "VERB", "CHANNEL", "PROOF", "WHY"] and "golive" in line
