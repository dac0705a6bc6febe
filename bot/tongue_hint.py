"""What the first automatic answer to a new address says of other languages; nothing where his is surely known."""

from __future__ import annotations

from collections.abc import Collection

from bot import asks
from channels.contract import Address, Button, Buttons
from channels.lines import Line
from kernel import rows
from kernel.unit import Reader

_OWN = {"pl": "Polski", "sk": "Slovenčina", "hu": "Magyar", "ru": "Русский"}
_TEXTED = {"pl": "Polski", "sk": "Slovencina", "hu": "Magyar", "ru": "Russkiy"}  # letters that cost no second segment
_COUNTRIES = {"+48": "pl", "+421": "sk", "+36": "hu", "+7": "ru"}


async def new_to_us(reader: Reader, chats: Collection[tuple[str, str]]) -> set[tuple[str, str]]:
    """Of these (account, address) those that have had no automatic text of ours. Each part has its index."""
    if not chats:
        return set()
    accounts, addresses = list({account for account, _ in chats}), list({address for _, address in chats})
    where = f"account IN ({rows.marks(accounts)}) AND address IN ({rows.marks(addresses)})"
    found = await reader.fetch(
        f"SELECT account, address FROM messages WHERE purpose = 'acknowledgement' AND {where} UNION"
        f" SELECT account, address FROM messages WHERE purpose IN ('greeting', 'asked', 'consent') AND {where}"
        " AND external_id IS NOT NULL",
        *accounts,
        *addresses,
        *accounts,
        *addresses,
    )
    return set(chats) - {(row["account"], row["address"]) for row in found}


def button(language: str) -> Buttons:
    """Where a press answers. His app's language is a guess, so that it is always offered. Pure."""
    others = "English?" if language not in ("", "en") else "Polski? Magyar? Русский?"
    return ((Button(f"{others} /lang", asks.LANGUAGE),),)


def words(language: str, line: Line, address: Address, *, is_known: bool) -> str:
    """Where there are no buttons: the words to send back; "" for one who is known, or could not be heard. Pure.

    `language`: of the contact; what stands there was chosen by him or written down by somebody. `is_known`: the
    address is his own; a letter of whoever has not proved it chooses no language.
    """
    if language or not line.capabilities.hears_from(address.value):
        return ""
    if line.capabilities.keywords:
        near = next((one for prefix, one in _COUNTRIES.items() if address.value.startswith(prefix)), "")
        if near:
            return f"{_TEXTED[near]}? LANG {near.upper()}"
        return ", ".join(f"{name}: LANG {one.upper()}" for one, name in _TEXTED.items())
    if line.capabilities.conversational or not is_known:
        return ""
    return "\n".join(f"{name}? LANG {one.upper()}" for one, name in _OWN.items())
