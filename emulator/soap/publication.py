"""What a base answers under ``…/ws/``: descriptions of its services, and calls of both versions of SOAP."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Set
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from ..wire import Response
from . import hostile
from .describing import core, standard_services
from .envelope import SOAP11, Call, SoapFault, answer, arguments, fault, opened
from .exchange import Exchange, Job
from .extension import SERVICE, Extension
from .model import Operation, Service
from .printing import Node, node
from .wsdl import wsdl

if TYPE_CHECKING:
    from ..base import Base

__all__ = ["Publication"]

_EXCHANGE = "EnterpriseDataExchange_1_0_1_1"
_RESULT = "http://v8.1c.ru/SSL/Exchange/EnterpriseDataExchange"
#: Versions of programming interfaces that the library names itself, by the name of the interface.
_INTERFACES: Mapping[str, tuple[str, ...]] = {"ОбменДанными": ("2.0.1.6", "2.1.1.7", "3.0.1.1", "3.0.2.1", "3.0.2.2")}

Values = Mapping[str, Any]
Work = Callable[[Values, Set[str]], Values]


class Publication:
    """The services of one base under ``url`` (ends with ``/ws/``)."""

    def __init__(self, base: Base, url: str) -> None:
        self.base = base
        self.url = url
        self.exchange = Exchange(base)
        self.extension = Extension(base)
        self.services = {**standard_services(), SERVICE: self.extension.service}
        self._works: Mapping[tuple[str, str], Work] = {
            ("InterfaceVersion", "GetVersions"): self._versions,
            **{(_EXCHANGE, name): work for name, work in self._exchange_works().items()},
        }

    def subject(self, query: str, body: bytes) -> str:
        """What a request asks for, before it is taken apart: an operation, or ``wsdl``."""
        found = re.search(rb"Body[^>]*>\s*<(?:[\w.-]+:)?([\w.-]+)", body[:4000])
        return found[1].decode("utf-8", "replace") if found else ("wsdl" if "wsdl" in query.lower() else "")

    def answer(self, method: str, name: str, query: str, body: bytes, acting: Set[str]) -> Response:
        """The answer; ``acting`` are the faults that it meets."""
        service = self._service(name)
        if service is None:
            return Response(404, b"<html><body>HTTP: Not found</body></html>", "text/html;charset=utf-8")
        if method == "GET" and "wsdl" in query.lower().split("&"):
            text = wsdl(service, self.base.switches.address or self.url + quote(name))
            return Response(200, hostile.spoiled(text, acting), "text/xml; charset=utf-8")
        if method != "POST":
            return Response(405, b"<html><body>Method Not Allowed</body></html>", "text/html;charset=utf-8")
        version = SOAP11
        try:
            call = opened(body)
            version = call.version
            operation, values = self._called(service, call, acting)
            text = answer(version, service, operation, values)
        except SoapFault as found:
            return Response(500, fault(version, found), version.content_type)
        return Response(200, hostile.spoiled(text, acting), version.content_type)

    def _service(self, name: str) -> Service | None:
        found = (item for item in self.services.values() if name in (item.name, item.file))
        return next(found, None)

    def _called(self, service: Service, call: Call, acting: Set[str]) -> tuple[Operation, Values]:
        space, name = call.name
        operation = next((item for item in service.operations if item.name == name), None)
        if operation is None or space != service.namespace:
            raise SoapFault(f"Операция не найдена: {name}", sender=True)
        given = arguments(operation, call)
        try:
            if "soap_fault" in acting:
                raise ValueError("Недостаточно прав для выполнения операции обмена.")
            if "error_message" in acting and any(item.name == "ErrorMessage" for item in operation.response):
                return operation, _refused(operation, "Обмен данными временно недоступен.")
            if service.name == SERVICE:
                return operation, self.extension.call(name, given)
            return operation, self._works[service.name, name](given, acting)
        except ValueError as error:
            raise SoapFault(_raised(service, operation, str(error))) from None

    # --- InterfaceVersion

    def _versions(self, given: Values, _: Set[str]) -> Values:
        known = _INTERFACES.get(given["InterfaceName"], ())
        spaces = [("xmlns", core().namespace), ("xsi:type", "xs:string")]
        return {"return": [node("Value", text=version, attributes=spaces) for version in known]}

    # --- EnterpriseDataExchange

    def _exchange_works(self) -> Mapping[str, Work]:
        return {
            "Ping": lambda _given, _acting: {"return": ""},
            "TestConnection": self._test,
            "PrepareDataForGetting": self._prepare,
            "PrepareDataActionResult": self._prepared,
            "GetDataPart": self._part,
            "ConfirmGettingFile": self._confirm,
            "PutFilePart": self._put_part,
            "PutData": self._put,
            "PutDataActionResult": self._put_result,
        }

    def _test(self, given: Values, _: Set[str]) -> Values:
        if self.exchange.node(given["ExchangePlanName"], given["PeerCode"]) is not None:
            return {"return": True}
        text = f'Не найден узел плана обмена "{given["ExchangePlanName"]}" с кодом "{given["PeerCode"]}".'
        return {"return": False, "ErrorMessage": text}

    def _start(self, work: Callable[[], Job], acting: Set[str]) -> str:
        end = "Failed" if "job_failed" in acting else "Canceled" if "job_canceled" in acting else ""
        return self.exchange.start(work, -1 if "job_stuck" in acting else self.base.switches.active_polls, end)

    def _prepare(self, given: Values, acting: Set[str]) -> Values:
        plan, code, size = given["ExchangePlanName"], given["PeerCode"], given["PartSize"]
        return {"return": "", "OperationID": self._start(lambda: self.exchange.prepare(plan, code, size), acting)}

    def _prepared(self, given: Values, acting: Set[str]) -> Values:
        job = self.exchange.poll(given["OperationID"])
        rows = (
            ("ErrorMessage", job.error if job.status == "Failed" else ""),
            ("FileID", job.file if job.status == "Completed" else ""),
            ("PartCount", str(job.parts if job.status == "Completed" else 0)),
            ("Status", job.status),
        )
        inside: list[Node] = [node(name, text=text, attributes=[("xmlns", _RESULT)]) for name, text in rows]
        return {"return": inside, "ErrorMessage": job.error if job.status == "Failed" else ""}

    def _part(self, given: Values, acting: Set[str]) -> Values:
        number = given["PartNumber"]
        if "duplicate_part" in acting:
            number = max(1, number - 1)
        data = None if "missing_part" in acting else self.exchange.part(given["FileID"], number)
        if data is None:
            return {"return": None, "ErrorMessage": f"Не найдена часть файла с номером {given['PartNumber']}."}
        return {"return": data}

    def _confirm(self, given: Values, _: Set[str]) -> Values:
        self.exchange.forget(given["FileID"])
        return {"return": ""}

    def _put_part(self, given: Values, _: Set[str]) -> Values:
        self.exchange.put_part(given["FileID"], given["PartNumber"] or 1, given["PartData"])
        return {"return": ""}

    def _put(self, given: Values, acting: Set[str]) -> Values:
        message = self.exchange.joined(given["FileID"])
        plan, code = given["ExchangePlanName"], given["PeerCode"]
        return {"return": "", "OperationID": self._start(lambda: self.exchange.load(plan, code, message), acting)}

    def _put_result(self, given: Values, _: Set[str]) -> Values:
        job = self.exchange.poll(given["OperationID"])
        return {"return": job.status, "ErrorMessage": job.error if job.status == "Failed" else ""}


def _refused(operation: Operation, text: str) -> Values:
    """Empty results with the parameter that says why."""
    empty: dict[str, Any] = {"boolean": False, "string": "", "base64Binary": None}
    values = {item.name: empty.get(item.type.name if item.type else "", []) for item in operation.response}
    return {**values, "ErrorMessage": text}


def _raised(service: Service, operation: Operation, text: str) -> str:
    """An unhandled exception of the module, as its text was seen: twice, each with the place in the module."""
    place = f"{{WebСервис.{service.name}.Модуль({20 * service.operations.index(operation) + 5})}}: {text}"
    return f"Неизвестная ошибка. {place}\nпо причине:\n{place}"
