"""The simulated Twilio account: its numbers, its messages, and what happens to them. Who may do what is checks'."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from channels.sms import segments
from channels.sms.simulator.faults import Faults
from channels.sms.simulator.model import Call, Delivery, Message
from channels.sms.simulator.outgoing import Outgoing

OPT_OUT = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"})
OPT_IN = frozenset({"START", "YES", "UNSTOP"})
ROUTE = ("sending", "sent", "delivered")
Listener = Callable[[Message], None]


class World:
    """One account. `travels`: messages go on to delivered by themselves; without it a test moves them."""

    def __init__(self, account_sid: str, number: str, clock: Callable[[], float]) -> None:
        self.account_sid = account_sid
        self.number = number
        self.numbers = {number}
        self.services: dict[str, str] = {}  # messaging service → the number it sends from
        self.countries: set[str] | None = None  # where the account may send to; None: everywhere
        self.opted_out: set[tuple[str, str]] = set()
        self.messages: list[Message] = []  # oldest first
        self.calls: list[Call] = []
        self.media: dict[str, tuple[str, bytes]] = {}  # id → type and bytes
        self.faults = Faults()
        self.message_url = ""  # the number's webhook
        self.travels = True
        self.outgoing = Outgoing()
        self.serial = 0  # of the last id given
        self._clock = clock
        self._listeners: list[Listener] = []

    @property
    def deliveries(self) -> list[Delivery]:
        """What was posted to the customer's server, every attempt."""
        return self.outgoing.deliveries

    def now(self) -> datetime:
        """Twilio's times have whole seconds."""
        return datetime.fromtimestamp(int(self._clock()), UTC)

    # -- people's phones --------------------------------------------------------------------------------------------

    def text(
        self, sender: str, body: str, *, to: str = "", media: tuple[tuple[str, str], ...] = (), tells: bool = True
    ) -> Message:
        """Somebody writes to us. `media`: addresses and content types. `tells` False: the webhook is lost."""
        to = to or self.number
        now = self.now()
        message = Message(
            self._sid("MM" if media else "SM"), "inbound", sender, to, body, "received",
            segments.measure(body).segments, now, now, now, media=media,
            service=next((sid for sid, number in self.services.items() if number == to), ""),
        )  # fmt: skip
        self.messages.append(message)
        word = body.strip().upper()
        if word in OPT_OUT:
            self.opted_out.add((to, sender))
        elif word in OPT_IN:
            self.opted_out.discard((to, sender))
        if tells:
            self.post(message)
        self._tell(message)
        return message

    def post(self, message: Message) -> None:
        """Post an incoming message to the number's webhook. Once more: Twilio says that it can happen."""
        if self.message_url:
            self.outgoing.put(self.message_url, self._inbound(message))

    def inbox(self, number: str) -> list[str]:
        """What a phone has got from us."""
        return [one.body for one in self.messages if not one.is_inbound and one.to == number]

    def listen(self, callback: Listener) -> Callable[[], None]:
        """Hear of every message and of every state it comes to; call the result to stop."""
        self._listeners.append(callback)
        return lambda: self._listeners.remove(callback)

    # -- the API ----------------------------------------------------------------------------------------------------

    def make(self, params: Mapping[str, str]) -> Message:
        """A message that passed the checks; it begins to travel."""
        now = self.now()
        body = params["Body"]
        message = Message(
            self._sid("SM"), "outbound-api", self.sender_of(params), params["To"], body, "queued",
            segments.measure(body).segments, now, now,
            callback=params.get("StatusCallback", ""), service=params.get("MessagingServiceSid", ""),
        )  # fmt: skip
        self.messages.append(message)
        if self.faults.list_lags:
            self.faults.unlisted.add(message.sid)
        if self.travels:
            self.travel(message)
        return message

    def travel(self, message: Message) -> None:
        """All the way to its end: delivered, or undelivered where a fault says so."""
        code = self.faults.undelivered.get(message.to)
        for status in ROUTE[:-1]:
            self.move(message, status)
        if code is None:
            self.move(message, ROUTE[-1])
        else:
            self.move(message, "undelivered", code)

    def move(self, message: Message, status: str, error_code: int | None = None) -> None:
        """The next state, told to the callback."""
        message.status, message.error_code, message.updated_at = status, error_code, self.now()
        message.history.append(status)
        if status == "sent":
            message.sent_at = message.updated_at
        if message.callback:
            self.outgoing.put(message.callback, self._status(message))
        self._tell(message)

    def sender_of(self, params: Mapping[str, str]) -> str:
        return params.get("From") or self.services.get(params.get("MessagingServiceSid", ""), "")

    def find(self, sid: str) -> Message | None:
        return next((message for message in self.messages if message.sid == sid), None)

    # -- at the wire ------------------------------------------------------------------------------------------------

    def _inbound(self, message: Message) -> dict[str, str]:
        """The form of an incoming message (docs: TwiML for Programmable SMS, request parameters)."""
        params = {
            "ToCountry": "PL", "ToState": "", "ToCity": "", "ToZip": "", "FromCountry": "PL", "FromState": "",
            "FromCity": "", "FromZip": "", "SmsMessageSid": message.sid, "SmsSid": message.sid,
            "MessageSid": message.sid, "AccountSid": self.account_sid, "From": message.sender, "To": message.to,
            "Body": message.body, "SmsStatus": "received", "NumMedia": str(len(message.media)),
            "NumSegments": str(message.segments), "ApiVersion": "2010-04-01",
        }  # fmt: skip
        for number, (url, kind) in enumerate(message.media):
            params |= {f"MediaUrl{number}": url, f"MediaContentType{number}": kind}
        return params | ({"MessagingServiceSid": message.service} if message.service else {})

    def _status(self, message: Message) -> dict[str, str]:
        """The form of a status callback."""
        params = {
            "MessageSid": message.sid, "MessageStatus": message.status, "SmsSid": message.sid,
            "SmsStatus": message.status, "AccountSid": self.account_sid, "From": message.sender, "To": message.to,
            "ApiVersion": "2010-04-01",
        }  # fmt: skip
        if message.error_code:
            params["ErrorCode"] = str(message.error_code)
        return params | ({"MessagingServiceSid": message.service} if message.service else {})

    def _sid(self, prefix: str) -> str:
        self.serial += 1
        return f"{prefix}{self.serial:032x}"

    def _tell(self, message: Message) -> None:
        for listener in list(self._listeners):
            listener(message)
