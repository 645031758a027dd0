"""One web service: its description read by zeep, its calls sent by our own client, its answers decoded raw.

The address is the one of the settings, never the one in the description (behind a proxy that one is a name only the
server knows). zeep may neither follow a document type nor fetch anything else.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from functools import cached_property
from typing import Any, Literal, TypeVar

import msgspec
import requests
import zeep
from zeep.transports import Transport
from zeep.wsdl.bindings.soap import Soap12Binding

from ....errors import Blocked, Fatal, UchetError, Unknown
from ...http import HttpClient, Retries
from ..errors import odata_errors
from .decoding import elements, record
from .errors import soap_errors

__all__ = ["WebService", "client"]

T = TypeVar("T", bound=msgspec.Struct)

#: Bytes of one answer: a part of a message, as text, with room for a large description.
_LARGEST = 30_000_000
_CONNECT_SECONDS = 10.0
#: A whole answer may take so many times as long as one wait for the server.
_PATIENCE = 4.0


def client(
    address: str, user: str, password: str, *, timeout: float, connections: int, retries: Retries | None
) -> HttpClient:
    """A client for web services, with limits on how long (``timeout`` in seconds) and how large an answer may be."""
    return HttpClient(
        address,
        user,
        password,
        timeout=(_CONNECT_SECONDS, timeout),
        connections=connections,
        retries=retries,
        errors=odata_errors,
        deadline=timeout * _PATIENCE,
        largest=_LARGEST,
    )


class WebService:
    """Calls of the service at ``url``; ``writes`` names the operations that must not be repeated blindly.

    ``huge`` allows texts beyond 10 million characters. Every method raises from ``uchet.errors`` only.
    """

    def __init__(
        self,
        http: HttpClient,
        url: str,
        *,
        version: Literal["1.1", "1.2"] = "1.1",
        writes: frozenset[str] = frozenset(),
        huge: bool = False,
    ) -> None:
        self._http = http
        self._url = url
        self._version = version
        self._writes = writes
        self._huge = huge

    def call(self, operation: str, kind: type[T], **arguments: Any) -> T:
        """The operation's results as a record of its ``return`` and its out-parameters."""
        try:
            method = self._proxy[operation]
        except AttributeError as error:
            raise Blocked(
                "operation_missing",
                "The web service has no operation {operation}.",
                hint="Compare the version of the configuration with the one that uchet knows.",
                operation=operation,
            ) from error
        try:
            response = method(**arguments)
        except (zeep.exceptions.Error, TypeError, ValueError) as error:
            raise Fatal(
                "request_built",
                "The request {operation} does not fit the description of the service: {reason}",
                hint="Compare the version of the configuration with the one that uchet knows.",
                operation=operation,
                reason=str(error),
            ) from error
        return self._decoded(operation, kind, response)

    def _decoded(self, operation: str, kind: type[T], response: requests.Response) -> T:
        try:
            for element in elements(io.BytesIO(response.content), ["{*}" + operation + "Response"], huge=self._huge):
                return record(element, kind)
        except UchetError as error:
            if operation not in self._writes:
                raise
            raise _after_write(error) from error
        missing = Blocked(
            "answer_shape",
            "1C answered {operation} with something else.",
            hint="Check the address: something else answers there.",
            operation=operation,
        )
        raise _after_write(missing) if operation in self._writes else missing

    @cached_property
    def _proxy(self) -> Any:
        settings = zeep.Settings(
            forbid_dtd=True, forbid_entities=True, forbid_external=True, force_https=False, raw_response=True
        )
        try:
            sender = _Sender(self._http, self._writes)
            client: Any = zeep.Client(f"{self._url}?wsdl", transport=sender, settings=settings)  # type: ignore[no-untyped-call]
            for service in client.wsdl.services.values():
                for port in service.ports.values():
                    if isinstance(port.binding, Soap12Binding) == (self._version == "1.2"):
                        return client.create_service(port.binding.name.text, self._url)
        except (zeep.exceptions.Error, ValueError, TypeError, AttributeError, KeyError) as error:
            raise _no_description(type(error).__name__) from error
        raise _no_description("no port")


class _Sender(Transport):
    """zeep's way out: every byte goes through our client with its limits, its login and its error table."""

    def __init__(self, http: HttpClient, writes: frozenset[str]) -> None:
        super().__init__(session=http.session)  # type: ignore[no-untyped-call]
        self._http = http
        self._writes = writes

    def load(self, url: str) -> bytes:
        """The description; nothing but the address itself is ever loaded."""
        return self._http.request("GET", url, headers={"Accept": "text/xml"}, errors=soap_errors).content

    def post(self, address: str, message: bytes, headers: Mapping[str, str]) -> requests.Response:
        """Send one call. Header values are UTF-8 on the wire: actions of 1C may be Cyrillic."""
        action = headers.get("SOAPAction", "").strip('"')
        sent = {name: value.encode().decode("latin-1") for name, value in headers.items()}
        write = action.rpartition(":")[2] in self._writes
        return self._http.request("POST", address, data=message, headers=sent, write=write, errors=soap_errors)


def _after_write(error: UchetError) -> UchetError:
    """What an unreadable answer to a write means: it was done, or it was not."""
    return Unknown(
        "answer_unread",
        "1C took a write and its answer cannot be read.",
        hint="Nothing to do: the next run finds out whether it was done.",
        evidence={"code": error.code},
    )


def _no_description(reason: str) -> Fatal:
    return Fatal(
        "description",
        "What stands at this address is no description of a web service ({reason}).",
        hint="Check the address; in a browser, the address with ?wsdl must show an XML document.",
        reason=reason,
    )
