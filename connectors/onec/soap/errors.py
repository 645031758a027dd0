"""What an answer of a web service means: status × fault or page → one of our errors.

A fault is an exception of the service's module or a refusal to read the request; the transaction is rolled back, so
the call did certainly not happen. Everything the platform's texts tell apart is told apart as over OData.
"""

from __future__ import annotations

import re

import requests
from lxml import etree

from ....errors import Fatal, UchetError
from ...http import retry_after
from ..errors import Fault, explain, fault, mask, odata_errors

__all__ = ["fault_text", "soap_errors"]

_RIGHTS = re.compile(r"недостаточно прав|нарушение прав доступа|not enough rights|access (right )?violation", re.I)


def soap_errors(response: requests.Response, write: bool) -> UchetError | None:
    """The table for ``HttpClient``: ``None`` for a good answer."""
    found = fault_text(response.content)
    if found is not None:
        return _refused(*found, write=write)
    if response.status_code < 300:
        return odata_errors(response, write)
    if response.status_code in (404, 405):
        return Fatal(
            "web_service",
            "There is no web service at this address.",
            hint="Check the address, and that the service is published: in default.vrd, under <ws>.",
        )
    return explain(fault(response), write, retry_after(response))


def fault_text(body: bytes) -> tuple[str, bool] | None:
    """The text of a fault and whether the request is to blame; ``None``: the body is no fault.

    Read by local names: some envelopes declare a default namespace.
    """
    if b"Fault" not in body[:4096]:
        return None
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, recover=False)
    try:
        top = etree.fromstring(body, parser)
    except etree.XMLSyntaxError:
        return None
    found = top.find("{*}Body/{*}Fault") if etree.QName(top).localname == "Envelope" else None
    if found is None:
        return None
    parts = {etree.QName(child).localname: "".join(map(str, child.itertext())).strip() for child in found}
    code = parts.get("faultcode") or parts.get("Code") or ""
    return parts.get("faultstring") or parts.get("Reason") or "", "Client" in code or "Sender" in code


def _refused(text: str, sender: bool, write: bool) -> UchetError:
    if _RIGHTS.search(text):
        return Fatal(
            "rights_exchange",
            "The user of 1C may not exchange data.",
            hint="Give the user the role «Выполнение синхронизации данных» and the right to use web services.",
            evidence={"text": mask(text)},
        )
    if sender:
        return Fatal(
            "request",
            "1C does not understand the request: {reason}",
            hint="Compare the version of the configuration with the one that uchet knows.",
            reason=mask(text),
        )
    return explain(Fault(500, "", text, "odata"), write)
