"""A SOAP client of its own: envelopes written by hand, answers read by name. It knows nothing of descriptions."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape

import requests
from lxml import etree

ENVELOPES = {
    "1.1": "http://schemas.xmlsoap.org/soap/envelope/",
    "1.2": "http://www.w3.org/2003/05/soap-envelope",
}
XSI = "http://www.w3.org/2001/XMLSchema-instance"


class Inner(str):
    """A value with elements of its own, written by hand."""


class PlainFault(Exception):
    """A fault; ``args[0]`` is its text."""


@dataclass(frozen=True)
class PlainClient:
    """Calls of one service; ``call`` gives the children of the response by name: text, None for nil, or a dict."""

    url: str
    namespace: str
    version: str = "1.1"

    def call(self, operation: str, **parameters: Any) -> dict[str, Any]:
        answer = self.post(operation, **parameters)
        body = etree.fromstring(answer.content)[0][0]
        if etree.QName(body).localname == "Fault":
            texts = body.xpath("//*[local-name()='faultstring' or local-name()='Text']/text()")
            raise PlainFault(texts[0])
        assert answer.status_code == 200
        return {etree.QName(child).localname: _read(child) for child in body}

    def post(self, operation: str, **parameters: Any) -> requests.Response:
        inside = "".join(_written(name, value) for name, value in parameters.items())
        envelope = ENVELOPES[self.version]
        text = (
            f'<e:Envelope xmlns:e="{envelope}" xmlns:xsi="{XSI}"><e:Body><{operation} xmlns="{self.namespace}">'
            f"{inside}</{operation}></e:Body></e:Envelope>"
        )
        kind = {"1.1": "text/xml; charset=utf-8", "1.2": "application/soap+xml; charset=utf-8"}[self.version]
        return requests.post(self.url, data=text.encode(), headers={"Content-Type": kind}, timeout=20)


def _written(name: str, value: Any) -> str:
    if value is None:
        return f'<{name} xsi:nil="true"/>'
    if isinstance(value, bytes):
        return f"<{name}>{base64.b64encode(value).decode()}</{name}>"
    if isinstance(value, Inner):
        return f"<{name}>{value}</{name}>"
    text = {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)
    return f"<{name}>{escape(text)}</{name}>"


def _read(child: Any) -> Any:
    if child.get(f"{{{XSI}}}nil") == "true":
        return None
    if len(child):
        if etree.QName(child[0]).localname == "Value":
            return [item.text for item in child]
        names = [etree.QName(item).localname for item in child]
        values = [_read(item) for item in child]
        return {
            name: found[0] if len(found) == 1 else found
            for name in names
            if (found := [value for own, value in zip(names, values, strict=True) if own == name])
        }
    return child.text or ""
