"""What the emulated server answers: responses and refusals with the numbers of 1C's own error table.

The codes are those of the platform's manual: -1 an exception inside 1C (the transaction is rolled back), 0 an
unsupported option, 1 a value that cannot be parsed, 4 a wrong value, 5 a missing value, 6 a bad address, 7 a missing
key part, 8 an unpublished set, 9 no such instance, 11 no such method, 13 tabular rows cannot be created, 14 an option
that cannot be parsed, 15 the key exists already, 20 rights, 21 an unknown function.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from xml.sax.saxutils import escape

import msgspec

__all__ = ["ODataError", "Response", "business", "error_json", "error_xml", "internal"]

_ENCODER = msgspec.json.Encoder(decimal_format="number")
INTERNAL = "Произошла внутренняя ошибка OData сервиса"


class ODataError(Exception):
    """A refusal in the dialect: HTTP ``status``, 1C ``code`` (a string on the wire) and the message."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


@dataclass(slots=True)
class Response:
    """One answer before it meets the socket; ``headers`` are extra ones, values as they go over the wire."""

    status: int
    body: bytes = b""
    content_type: str = "application/json;charset=utf-8"
    headers: dict[str, str] = field(default_factory=dict)


def business(message: str) -> ODataError:
    """A refusal by 1C's own code: always 500 with code -1."""
    return ODataError(500, -1, message)


def internal() -> ODataError:
    """What the platform says when the body's shape confuses it."""
    return business(INTERNAL)


def encode(value: object) -> bytes:
    """JSON with decimals as plain numbers."""
    return _ENCODER.encode(value)


def error_json(error: ODataError) -> bytes:
    """The JSON body of a refusal."""
    return encode(
        {"odata.error": {"code": str(error.code), "message": {"lang": "ru", "value": error.message}}},
    )


def error_xml(error: ODataError) -> bytes:
    """The Atom-side body of a refusal."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<m:error xmlns:m="http://schemas.microsoft.com/ado/2007/08/dataservices/metadata">'
        f"<m:code>{error.code}</m:code><m:message>{escape(error.message)}</m:message></m:error>"
    ).encode()
