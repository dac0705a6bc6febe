"""What Twilio takes and what it refuses, in its own codes. Source: www.twilio.com/docs/api/errors."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

import phonenumbers
from phonenumbers import PhoneNumberType

from channels.sms.simulator.model import Refusal
from channels.sms.simulator.world import World

BODY_LIMIT = 1600
_NAME = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9 ]{1,11}")
_NUMBER = re.compile(r"\+\d{7,15}")
_SHORT_CODE = re.compile(r"\d{3,8}")
_SERVICE = re.compile(r"MG[0-9A-Za-z]{32}")
Params = Mapping[str, str]


def new_message(world: World, params: Params) -> None:
    """Raise Refusal for the first thing that is wrong with a message to be made."""
    for check in _CHECKS:
        check(world, params)


def _recipient(world: World, params: Params) -> None:
    to = params.get("To", "")
    if not to:
        raise Refusal(400, 21604, "A 'To' phone number is required.")
    number = _parsed(to)
    if not _NUMBER.fullmatch(to) or number is None or not phonenumbers.is_possible_number(number):
        raise Refusal(400, 21211, f"Invalid 'To' Phone Number: {to[:-4]}XXXX")
    if phonenumbers.number_type(number) is PhoneNumberType.FIXED_LINE:
        raise Refusal(400, 21614, f"To number: {to} is not a valid mobile number")
    country = phonenumbers.region_code_for_number(number) or ""
    if world.countries is not None and country not in world.countries:
        raise Refusal(400, 21408, f"Permission to send an SMS has not been enabled for the region: {country}")


def _sender(world: World, params: Params) -> None:
    sender, service = params.get("From", ""), params.get("MessagingServiceSid", "")
    if not sender and not service:
        raise Refusal(400, 21603, "A 'From' phone number is required.")
    if service and (not _SERVICE.fullmatch(service) or service not in world.services):
        raise Refusal(400, 21701, "The Messaging Service does not exist.")
    if not sender or sender in world.numbers:
        return
    if _NUMBER.fullmatch(sender) or _SHORT_CODE.fullmatch(sender):
        raise Refusal(400, 21606, f"The 'From' phone number {sender} is not a valid, SMS-capable number of yours")
    if not _NAME.fullmatch(sender):
        raise Refusal(400, 21212, f"The 'From' number {sender} is not a valid phone number, shortcode, or name")


def _both(world: World, params: Params) -> None:
    if params.get("From") == params.get("To"):
        raise Refusal(400, 21266, "'To' and 'From' number cannot be the same")
    sender = world.sender_of(params)
    if (sender, params["To"]) in world.opted_out:
        raise Refusal(400, 21610, "Attempt to send to unsubscribed recipient")


def _body(world: World, params: Params) -> None:
    if "Body" not in params:
        raise Refusal(400, 21619, "A text message body or media urls must be specified.")
    if not params["Body"]:
        raise Refusal(400, 21602, "Message body is required.")
    if len(params["Body"].encode("utf-16-le")) // 2 > BODY_LIMIT:
        raise Refusal(400, 21617, "The concatenated message body exceeds the 1600 character limit.")


def _callback(world: World, params: Params) -> None:
    url = params.get("StatusCallback")
    if url is None:
        return
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or "_" in parts.hostname:
        raise Refusal(400, 21609, f"The 'StatusCallback' URL {url} is not a valid URL.")


def _faults(world: World, params: Params) -> None:
    world.faults.refuse(params["To"])


def _parsed(number: str) -> phonenumbers.PhoneNumber | None:
    try:
        return phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return None


_CHECKS: tuple[Callable[[World, Params], None], ...] = (_recipient, _sender, _body, _callback, _both, _faults)
