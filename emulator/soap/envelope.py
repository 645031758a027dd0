"""Envelopes of both versions of SOAP, taken apart and written as the platform writes them.

A request is held against the operation's description: every parameter present, in order, empty only where it may be.
In an answer each result redeclares the xs and xsi prefixes; an empty text is an empty element, no value is xsi:nil.
What stands in the detail of a real fault no public source shows; here it is empty.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from lxml import etree

from .model import XS, Element, Operation, Service
from .printing import DECLARATION, Node, node, printed

__all__ = ["SOAP11", "SOAP12", "Call", "SoapFault", "Version", "answer", "arguments", "fault", "opened"]

XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"
_NIL = f"{{{XSI}}}nil"


@dataclass(frozen=True, slots=True)
class Version:
    """A version of SOAP: its envelope's namespace and the type of its documents."""

    name: str
    namespace: str
    content_type: str


SOAP11: Final = Version("1.1", "http://schemas.xmlsoap.org/soap/envelope/", "text/xml; charset=utf-8")
SOAP12: Final = Version("1.2", "http://www.w3.org/2003/05/soap-envelope", "application/soap+xml; charset=utf-8")


class SoapFault(Exception):
    """The answer is a fault; ``sender``: the request is to blame."""

    def __init__(self, text: str, *, sender: bool = False) -> None:
        super().__init__(text)
        self.text = text
        self.sender = sender


@dataclass(frozen=True, slots=True)
class Call:
    """A request: its version and the element of the operation."""

    version: Version
    element: Any

    @property
    def name(self) -> tuple[str, str]:
        """Namespace and name of the operation's element."""
        found = etree.QName(self.element)
        return found.namespace or "", found.localname


def opened(body: bytes) -> Call:
    """The call in a request; raises SoapFault where there is none."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True)
    try:
        top = etree.fromstring(body, parser)
    except etree.XMLSyntaxError as error:
        raise SoapFault(f"Ошибка разбора XML: {error.msg}", sender=True) from None
    if top.getroottree().docinfo.internalDTD is not None:
        raise SoapFault("Ошибка разбора XML: DTD не поддерживается", sender=True)
    for version in (SOAP11, SOAP12):
        if top.tag == f"{{{version.namespace}}}Envelope":
            found = top.find(f"{{{version.namespace}}}Body")
            inside = [child for child in found if isinstance(child.tag, str)] if found is not None else []
            if len(inside) != 1:
                raise SoapFault("Тело сообщения SOAP должно содержать один вызов", sender=True)
            return Call(version, inside[0])
    raise SoapFault("Неизвестная версия SOAP", sender=True)


def arguments(operation: Operation, call: Call) -> dict[str, Any]:
    """Values of the parameters: str (moments too), bool, int, Decimal, bytes, the element of a value with elements
    of its own, or None where nil was sent and may be."""
    given = [child for child in call.element if isinstance(child.tag, str)]
    space, names = call.name[0], [item.name for item in operation.request]
    if [child.tag for child in given] != [f"{{{space}}}{name}" for name in names]:
        raise SoapFault(
            f"Ошибка преобразования данных XDTO: операция {operation.name} ожидает свойства {', '.join(names)}",
            sender=True,
        )
    return {item.name: _value(item, child) for item, child in zip(operation.request, given, strict=True)}


def _value(item: Element, child: Any) -> Any:
    if child.get(_NIL) in ("true", "1"):
        if not item.nillable:
            raise SoapFault(f"Ошибка преобразования данных XDTO: {item.name} не может быть пустым", sender=True)
        return None
    if item.type is not None and item.type.namespace != XS:
        return child  # its package knows what stands inside
    text = child.text or ""
    try:
        return _READERS.get(item.type.name if item.type else "string", str)(text)
    except (ValueError, InvalidOperation, binascii.Error, KeyError):
        raise SoapFault(f"Ошибка преобразования данных XDTO: неверное значение {item.name}", sender=True) from None


_READERS: Mapping[str, Any] = {
    "string": str,
    "boolean": lambda text: {"true": True, "1": True, "false": False, "0": False}[text.strip()],
    "int": lambda text: int(text.strip()),
    "decimal": lambda text: Decimal(text.strip()),
    "dateTime": lambda text: datetime.fromisoformat(text.strip()).isoformat(),
    "base64Binary": lambda text: base64.b64decode("".join(text.split()), validate=True),
}


def answer(version: Version, service: Service, operation: Operation, values: Mapping[str, Any]) -> bytes:
    """The envelope with an operation's results; a sequence of nodes stands for a value with elements of its own."""
    results = [_result(item, values.get(item.name)) for item in operation.response]
    inside = node(f"m:{operation.name}Response", *results, attributes=[("xmlns:m", service.namespace)])
    return _wrapped(version, inside)


def _result(item: Element, value: Any) -> Node:
    spaces = [("xmlns:xs", XS), ("xmlns:xsi", XSI)]
    if value is None:
        if not item.nillable:
            raise ValueError(f"{item.name} has no value and may not be nil")
        return node(f"m:{item.name}", attributes=[*spaces, ("xsi:nil", "true")])
    if isinstance(value, Sequence) and not isinstance(value, (str, bytes)):
        return node(f"m:{item.name}", *value, attributes=spaces)
    return node(f"m:{item.name}", text=_text(value), attributes=spaces)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return base64.b64encode(value).decode() if isinstance(value, bytes) else str(value)


def fault(version: Version, found: SoapFault) -> bytes:
    """The envelope of a fault."""
    if version is SOAP11:
        parts = (
            node("faultcode", text="soap:Client" if found.sender else "soap:Server"),
            node("faultstring", text=found.text),
            node("detail"),
        )
    else:
        value = node("soap:Value", text="soap:Sender" if found.sender else "soap:Receiver")
        reason = node("soap:Text", text=found.text, attributes=[("xml:lang", "ru")])
        parts = (node("soap:Code", value), node("soap:Reason", reason), node("soap:Detail"))
    return _wrapped(version, node("soap:Fault", *parts))


def _wrapped(version: Version, inside: Node) -> bytes:
    top = node("soap:Envelope", node("soap:Body", inside), attributes=[("xmlns:soap", version.namespace)])
    return (DECLARATION + printed(top)).encode()
