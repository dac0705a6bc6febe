"""From the bytes that another system posts to the payload a map looks at: JSON, or the fields of a web form. Pure."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

import orjson

FIELDS_LIMIT = 1_000
_NO_FORM = (b"{", b"[", b'"', b"<", b"\xef\xbb\xbf")


def payload(body: bytes) -> Any:
    """What the body says. JSON whatever its Content-Type claims, for many claim wrongly; else the fields of a form.

    A field of a form is a text, or a list of texts where it comes more than once. Raises ValueError.
    """
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        if b"=" not in body or body.lstrip().startswith(_NO_FORM):
            raise ValueError(str(error)) from error
    return _form(body)


def _form(body: bytes) -> dict[str, Any]:
    """Raises ValueError: a field that is not UTF-8, too many fields."""
    pairs = parse_qsl(body.decode(), keep_blank_values=True, errors="strict", max_num_fields=FIELDS_LIMIT)
    fields: dict[str, Any] = {}
    for name, value in pairs:
        if name not in fields:
            fields[name] = value
        elif isinstance(fields[name], list):
            fields[name].append(value)
        else:
            fields[name] = [fields[name], value]
    return fields
