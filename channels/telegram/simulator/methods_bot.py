"""The Bot API's methods about the bot itself: who it is, its webhook, its commands and descriptions, its files."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from channels.telegram.simulator import wire
from channels.telegram.simulator.model import Json, Webhook
from channels.telegram.simulator.params import Params
from channels.telegram.simulator.refusals import bad
from channels.telegram.simulator.world import World

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
WEBHOOK_PORTS = frozenset({80, 88, 443, 8443})
SECRET = re.compile(r"[A-Za-z0-9_-]*")
SECRET_LIMIT = 256
COMMAND = re.compile(r"[a-z0-9_]{1,32}")
COMMANDS_LIMIT = 100
DESCRIPTION_LIMITS = {"description": 512, "short_description": 120}


def get_me(world: World, params: Params) -> Json:
    rights = {"can_join_groups": True, "can_read_all_group_messages": world.hears_all, "supports_inline_queries": False}
    return wire.user(world.bot) | rights


def set_webhook(world: World, params: Params) -> bool:
    url, secret = params.text("url"), params.text("secret_token")
    if not url:
        return delete_webhook(world, params)
    _check_address(url)
    if len(secret) > SECRET_LIMIT:
        raise bad("secret token is too long")
    if not SECRET.fullmatch(secret):
        raise bad("secret token contains unallowed characters")
    listen_to(world, params)
    if params.boolean("drop_pending_updates"):
        world.updates.drop()
    world.webhook = Webhook(url, secret, params.integer("max_connections") or 40)
    world.webhook_error = None
    world.updates.wake()
    return True


def delete_webhook(world: World, params: Params) -> bool:
    if params.boolean("drop_pending_updates"):
        world.updates.drop()
    world.webhook = None
    world.updates.wake()
    return True


def get_webhook_info(world: World, params: Params) -> Json:
    hook = world.webhook
    info: Json = {
        "url": hook.url if hook else "",
        "has_custom_certificate": False,
        "pending_update_count": len(world.updates.pending),
    }
    if hook is not None:
        info["max_connections"] = hook.max_connections
    if world.webhook_error is not None:
        info["last_error_date"], info["last_error_message"] = world.webhook_error
    if world.updates.allowed is not None:
        info["allowed_updates"] = sorted(world.updates.allowed)
    return info


def listen_to(world: World, params: Params) -> None:
    """allowed_updates, which getUpdates and setWebhook share."""
    kinds = params.structure("allowed_updates", "can't parse allowed_updates JSON array")
    if kinds is not None and not isinstance(kinds, list):
        raise bad("can't parse allowed_updates JSON array")
    world.updates.allow(kinds)


def set_my_commands(world: World, params: Params) -> bool:
    commands = params.objects("commands", "can't parse commands JSON array")
    if commands is None:
        raise bad("parameter commands is required")
    if len(commands) > COMMANDS_LIMIT:
        raise bad("BOT_COMMANDS_TOO_MUCH")
    for command in commands:
        if not COMMAND.fullmatch(str(command.get("command", "")).removeprefix("/")):
            raise bad("BOT_COMMAND_INVALID")
        if not 1 <= len(str(command.get("description", ""))) <= 256:
            raise bad("BOT_COMMAND_DESCRIPTION_INVALID")
    world.commands[_scope(params)] = commands
    return True


def get_my_commands(world: World, params: Params) -> list[Json]:
    return world.commands.get(_scope(params), [])


def delete_my_commands(world: World, params: Params) -> bool:
    world.commands.pop(_scope(params), None)
    return True


def set_my_description(world: World, params: Params) -> bool:
    return _describe(world, params, "description")


def set_my_short_description(world: World, params: Params) -> bool:
    return _describe(world, params, "short_description")


def get_file(world: World, params: Params) -> Json:
    stored, path = world.files.link(params.text("file_id"))
    return wire.file(stored) | {"file_path": path}


def _check_address(url: str) -> None:
    """HTTPS on one of four ports, as at Telegram; a listener on the same machine may do without, for trying."""
    try:
        parts = urlsplit(url)
        port = parts.port or 443
    except ValueError:
        raise bad("invalid webhook URL specified") from None
    if parts.hostname in LOOPBACK and parts.scheme in ("http", "https"):
        return
    if parts.scheme != "https" or not parts.hostname:
        raise bad("bad webhook: An HTTPS URL must be provided for webhook")
    if port not in WEBHOOK_PORTS:
        raise bad("bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443")


def _describe(world: World, params: Params, field: str) -> bool:
    text = params.text(field)
    if len(text) > DESCRIPTION_LIMITS[field]:
        raise bad(f"bot {field.replace('_', ' ')} is too long")
    world.descriptions[f"{field}:{params.text('language_code')}"] = text
    return True


def _scope(params: Params) -> str:
    """The list of commands meant: one for each kind of chat, chat or member, and language."""
    scope = params.structure("scope", "can't parse BotCommandScope JSON object") or {"type": "default"}
    if not isinstance(scope, dict):
        raise bad("can't parse BotCommandScope JSON object")
    parts = (scope.get("type"), scope.get("chat_id"), scope.get("user_id"), params.text("language_code"))
    return ":".join(str(part or "") for part in parts)


BOT: Mapping[str, Callable[[World, Params], Any]] = {
    "getme": get_me,
    "setwebhook": set_webhook,
    "deletewebhook": delete_webhook,
    "getwebhookinfo": get_webhook_info,
    "setmycommands": set_my_commands,
    "getmycommands": get_my_commands,
    "deletemycommands": delete_my_commands,
    "setmydescription": set_my_description,
    "setmyshortdescription": set_my_short_description,
    "getfile": get_file,
}
