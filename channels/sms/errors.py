"""What Twilio's error codes mean for a message. Pure. Source: www.twilio.com/docs/api/errors."""

from __future__ import annotations

from channels.errors import Reason, SendError

_REASONS: dict[Reason, tuple[int, ...]] = {
    Reason.OPTED_OUT: (21610,),
    Reason.INVALID: (
        21211,  # the recipient is no valid number
        21217,
        21265,  # a short code
        21266,  # recipient and sender are the same
        21268,  # a premium number
        21602,  # no text
        21604,  # no recipient
        21605,
        21617,  # more than 1,600 characters
        21619,
        21620,
        21623,
        30009,
        30010,
    ),
    Reason.REFUSED: (
        21214,  # cannot be reached
        21408,  # the account may not send to this country
        21612,  # no way from this sender to this recipient
        21614,  # no mobile phone
        21635,
        30003,  # switched off or out of reach
        30004,  # blocked
        30005,  # unknown
        30006,  # a landline
        30007,  # filtered by a carrier
        30008,
        30011,
        30410,
        30450,  # taken for SMS pumping
        30453,
        60410,
    ),
    Reason.MISCONFIGURED: (
        10001,  # the account is not active
        20003,  # token
        20005,
        20006,
        20008,  # test credentials
        20404,  # no such account
        21267,  # trial accounts have no alphanumeric senders
        21212,  # the sender is no valid number
        21601,
        21603,  # no sender
        21606,  # the sender is none of this account
        21608,  # a trial account writes to verified numbers only
        21609,  # the callback's address is not taken
        21615,
        21616,
        21659,
        21660,
        21661,
        21701,  # no such messaging service
        21702,
        21703,  # the messaging service has no sender
        21704,
        21705,
        30002,  # the account is suspended
        30032,
        30034,  # the sender is not registered with the carriers
    ),
    Reason.THROTTLED: (
        14107,
        20429,
        21611,  # the sender's own queue is full
        30001,
        30022,
        30023,
        63038,  # the day's limit of the account
    ),
}
_BY_CODE = {code: reason for reason, codes in _REASONS.items() for code in codes}
SURELY_NOT_DONE = 503  # Twilio turned it away before looking at it


def understood(status: int, code: int | None, said: str = "", *, retry_after_s: float | None = None) -> SendError:
    """What a refusal means. `status` is HTTP's, `code` Twilio's own (None or the status if there was none)."""
    detail = f"{code}: {said}" if code and code != status else f"HTTP {status}: {said}" if said else f"HTTP {status}"
    return SendError(_reason(status, code), detail[:200], retry_after_s=retry_after_s)


def why(code: str) -> str:
    """A failure that was reported later, as it is shown: the reason and the provider's code."""
    if not code.isdigit():
        return code
    reason = _BY_CODE.get(int(code))
    return f"{reason.value}: {code}" if reason else code


def _reason(status: int, code: int | None) -> Reason:
    if code in _BY_CODE:
        return _BY_CODE[code]
    if status == 429:
        return Reason.THROTTLED
    if status == SURELY_NOT_DONE:
        return Reason.UNREACHABLE
    if status >= 500:
        return Reason.UNCERTAIN  # it broke somewhere on the way: the message may be out
    if status in (401, 403, 404, 405) or status < 400:
        return Reason.MISCONFIGURED  # not Twilio's API, or not for us
    return Reason.INVALID
