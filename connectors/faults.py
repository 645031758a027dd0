"""Which class of our errors each transport exception becomes: the one table for HTTP and SOAP.

A read may always be repeated, so everything transient is ``retry`` there. A write may be repeated only where it
was not executed for certain: no connection was made, or the request was never built. Everything that happens after
the first byte left us is ``unknown``: the other side may have committed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Literal

import requests.exceptions as rx
import urllib3.exceptions as ux

__all__ = ["HTTP_FAULTS", "NOT_SENT", "SOAP_FAULTS", "Fault", "fault_of", "was_not_sent"]

#: ``retry``: transient. ``sent``: transient, but a write may have happened. ``fatal``: settings or our own bug.
#: ``reject``: the other side answered and refused this one request.
Fault = Literal["retry", "sent", "fatal", "reject"]

#: Every exception class that requests raises. A new class of a new version must be added here by hand.
HTTP_FAULTS: Mapping[type[BaseException], Fault] = MappingProxyType(
    {
        rx.RequestException: "sent",
        rx.HTTPError: "sent",
        rx.ConnectionError: "sent",
        rx.ProxyError: "sent",
        rx.SSLError: "fatal",
        rx.Timeout: "sent",
        rx.ConnectTimeout: "retry",
        rx.ReadTimeout: "sent",
        rx.ChunkedEncodingError: "sent",
        rx.ContentDecodingError: "sent",
        rx.StreamConsumedError: "fatal",
        rx.RetryError: "sent",
        rx.InvalidJSONError: "sent",
        rx.JSONDecodeError: "sent",
        rx.TooManyRedirects: "fatal",
        rx.URLRequired: "fatal",
        rx.MissingSchema: "fatal",
        rx.InvalidSchema: "fatal",
        rx.InvalidURL: "fatal",
        rx.InvalidHeader: "fatal",
        rx.InvalidProxyURL: "fatal",
        rx.UnrewindableBodyError: "fatal",
        # urllib3 and the socket can leak through while a body is being read.
        ux.HTTPError: "sent",
        OSError: "sent",
    }
)

#: Every exception class of ``zeep.exceptions``, by name: the table is needed where zeep is not loaded.
SOAP_FAULTS: Mapping[str, Fault] = MappingProxyType(
    {
        "Error": "fatal",
        "TransportError": "sent",
        "XMLSyntaxError": "sent",
        "XMLParseError": "sent",
        "UnexpectedElementError": "sent",
        "WsdlSyntaxError": "fatal",
        "LookupError": "fatal",
        "NamespaceError": "fatal",
        "IncompleteMessage": "fatal",
        "IncompleteOperation": "fatal",
        "DTDForbidden": "fatal",
        "EntitiesForbidden": "fatal",
        "ExternalReferenceForbidden": "fatal",
        "Fault": "reject",
        "ZeepWarning": "fatal",
        "ValidationError": "fatal",
        "SignatureVerificationFailed": "sent",
    }
)

#: Causes that prove the request never left this machine.
NOT_SENT: tuple[type[BaseException], ...] = (ux.NewConnectionError, ux.ConnectTimeoutError, rx.ConnectTimeout)


def _causes(error: BaseException, depth: int = 6) -> Iterator[BaseException]:
    yield error
    if depth == 0:
        return
    inner = [*error.args, getattr(error, "reason", None), error.__cause__]
    for cause in inner:
        if isinstance(cause, BaseException):
            yield from _causes(cause, depth - 1)


def was_not_sent(error: BaseException) -> bool:
    """True where the exception proves that no byte of the request reached the other side."""
    return any(isinstance(cause, NOT_SENT) for cause in _causes(error))


def fault_of(error: BaseException) -> Fault:
    """The fault of a transport exception: its own class in the table, else its nearest ancestor's."""
    if was_not_sent(error) and not isinstance(error, rx.SSLError):
        return "retry"
    for cls in type(error).__mro__:
        if cls in HTTP_FAULTS:
            return HTTP_FAULTS[cls]
    return "sent"
