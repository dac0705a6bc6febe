"""AUTHENTICATE XOAUTH2 over aioimaplib, whose own way never answers a server that explains its refusal."""

from __future__ import annotations

import base64
from typing import Any

import aioimaplib

from channels.email.oauth import sasl

NAME = "AUTHENTICATE"


class _Command(aioimaplib.Command):  # type: ignore[misc]
    """Answers the server's first "+" with the token and any further one with nothing, as the mechanism wants it.

    The token is written past aioimaplib, which would log it.
    """

    def __init__(self, protocol: Any, answer: bytes) -> None:
        super().__init__(NAME, protocol.new_tag(), sasl.MECHANISM, loop=protocol.loop)
        self._transport = protocol.transport
        self._answers = [base64.b64encode(answer)]

    def append_to_resp(self, line: bytes, result: str = "Pending") -> None:
        if bytes(line).startswith(b"+"):
            self._transport.write((self._answers.pop() if self._answers else b"") + b"\r\n")
            return  # a refusal's explanation is not an answer
        super().append_to_resp(line, result=result)


async def authenticate(client: Any, user: str, token: str) -> Any:
    """Sign in; returns the server's response. Raises what aioimaplib does, ValueError for a user IMAP cannot carry."""
    protocol = client.protocol
    response = await protocol.execute(_Command(protocol, sasl.xoauth2(user, token)))
    if response.result == "OK":
        protocol.state = aioimaplib.AUTH
    return response
