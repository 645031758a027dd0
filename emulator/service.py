"""The standard OData interface of one base: a request in, an answer out, no sockets."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import msgspec

from . import atom, objects, packets, posting
from .base import Base, not_published
from .calls import call_table
from .edmx import EntityType
from .exchange import point
from .filters import unknown_segment
from .keys import find_row, is_stored, stored_key
from .query import check_options, read_page
from .render import Selection, address, render_row, selection
from .store import Body
from .urls import Segment, segments
from .values import ZERO
from .wire import ODataError, Response, business, encode, error_json, error_xml, internal

__all__ = ["Request", "Service"]

_JSON = msgspec.json.Decoder(float_hook=Decimal)
_ATOM = "application/atom+xml;type=feed;charset=utf-8"


@dataclass(frozen=True, slots=True)
class Request:
    """One request below the service root; ``headers`` with lower-case names, ``path`` decoded."""

    method: str
    path: str
    options: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = b""
    shift: int = 0

    @property
    def format(self) -> str:
        """``atom``, ``json`` or ``nometadata``."""
        wanted = self.options.get("$format") or self.headers.get("accept", "")
        if "nometadata" in wanted:
            return "nometadata"
        return "json" if "json" in wanted else "atom"


class Service:
    """Answers requests to a base published at ``root`` (ends with ``/odata/standard.odata/``)."""

    def __init__(self, base: Base, root: str) -> None:
        self.base = base
        self.root = root

    def answer(self, request: Request) -> Response:
        """The answer, refusals included; nothing but a fault of the emulator itself escapes."""
        try:
            return self._route(request)
        except ODataError as error:
            return self.refusal(request, error)
        except (TypeError, ValueError, ArithmeticError):
            # A condition that adds a text to a number and the like: the platform fails inside its query.
            return self.refusal(request, internal())

    def refusal(self, request: Request, error: ODataError) -> Response:
        """An error body in the format asked for."""
        if request.format == "atom":
            return Response(error.status, error_xml(error), "application/xml;charset=utf-8")
        return Response(error.status, error_json(error))

    def _route(self, request: Request) -> Response:
        steps = segments(request.path)
        if not steps:
            return self._document(request)
        if steps[0].name == "$metadata":
            return Response(200, self.base.view.source, "application/xml;charset=utf-8")
        if steps[0].name == "$batch":
            raise ODataError(501, 0, "Пакетные запросы не поддерживаются")
        if steps[0].name in ("SelectChanges", "NotifyChangesReceived"):
            return self._exchange(request, steps[0].name)
        collection = steps[0].name
        kind = self.base.view.type_of(collection)
        if kind is None:
            raise not_published(collection)
        if collection in self.base.switches.forbidden:
            raise ODataError(401, 20, "Нарушение прав доступа!")
        handlers = {
            "GET": self._get,
            "POST": self._post,
            "PATCH": self._patch,
            "MERGE": self._patch,
            "PUT": self._put,
            "DELETE": self._delete,
        }
        if request.method not in handlers:
            raise ODataError(405, 19, "Метод не разрешен для данного ресурса")
        return handlers[request.method](request, kind, collection, steps)

    def _exchange(self, request: Request, name: str) -> Response:
        if request.method != "POST":
            raise ODataError(405, 19, "Метод не разрешен для данного ресурса")
        check_options(request.options, {"DataExchangePoint", "MessageNo"})
        where = point(self.base, request.options.get("DataExchangePoint"))
        number = request.options.get("MessageNo", "")
        if not number.isdigit() or not int(number):
            raise ODataError(400, 12 if not number else 1, "Неверное значение аргумента MessageNo")
        if name == "NotifyChangesReceived":
            self.base.changes.received(where, int(number))
            return Response(200, b"", "text/plain")
        found = self.base.changes.select(where, int(number))
        if self.base.switches.changes_json and request.format != "atom":
            return Response(200, encode({"value": packets.rows(self.base, found)}))
        when = self.base.clock().replace(microsecond=0).isoformat() + "Z"
        return Response(200, packets.feed(self.base, self.root, found, when), _ATOM)

    def _document(self, request: Request) -> Response:
        names = list(self.base.view.sets)
        if request.format == "atom":
            return Response(200, atom.document(self.root, names), "application/atomsvc+xml;charset=utf-8")
        body: dict[str, Any] = {"value": [{"name": name, "url": name} for name in names]}
        return Response(200, encode({"odata.metadata": f"{self.root}$metadata", **body}))

    # --- reading

    def _get(self, request: Request, kind: EntityType, collection: str, steps: list[Segment]) -> Response:
        head, rest = steps[0], steps[1:]
        if head.single is not None or head.arguments:
            return self._single(request, kind, collection, steps)
        if not rest:
            check_options(request.options)
            return self._list(request, kind, collection, self.base.rows(collection))
        step = rest[0]
        if step.name == "$count":
            return self._counted(request, kind, collection)
        name, table, parameters = call_table(self.base, kind, collection, step, request.options)
        check_options(request.options, set(parameters))
        return self._list(request, name, collection, table)

    def _counted(self, request: Request, kind: EntityType, collection: str) -> Response:
        if not self.base.switches.counts:
            raise unknown_segment("$count")
        options = {k: v for k, v in request.options.items() if k == "$filter"}
        page = read_page(self.base, collection, kind, self.base.rows(collection), options)
        return Response(200, b"\xef\xbb\xbf" + str(len(page.rows)).encode(), "text/plain;charset=utf-8")

    def _list(self, request: Request, kind: EntityType, collection: str, rows: list[Body]) -> Response:
        options = request.options
        chosen = selection(self.base, kind, options.get("$select"), options.get("$expand"))
        page = read_page(self.base, collection, kind, rows, options, request.shift)
        links = request.format != "nometadata"
        found = [render_row(self.base, kind, collection, row, chosen, links=links) for row in page.rows]
        if request.format == "atom":
            entries = [
                atom.entry(kind, collection, out, address(kind, collection, row) if kind.keys else "")
                for out, row in zip(found, page.rows, strict=True)
            ]
            return Response(200, atom.feed(self.root, collection, entries, page.count), _ATOM)
        body: dict[str, Any] = {}
        if links:
            body["odata.metadata"] = f"{self.root}$metadata#{collection}"
        if page.count is not None:
            body["odata.count"] = str(page.count)
        return Response(200, encode({**body, "value": found}))

    def _single(self, request: Request, kind: EntityType, collection: str, steps: list[Segment]) -> Response:
        check_options(request.options)
        if "$expand" in request.options:
            raise ODataError(400, 0, "Параметр $expand не поддерживается для одиночной сущности")
        row = find_row(self.base, collection, kind, steps[0])
        for number, step in enumerate(steps[1:], 1):
            if step.name in kind.navigation:
                target = kind.navigation[step.name].target
                key, found = row.get(f"{step.name}_Key", ZERO), self.base.view.type_of(target)
                if found is None:
                    raise unknown_segment(step.name)
                row, kind, collection = objects.find(self.base, target, key), found, target
            elif step.name in kind.properties and number >= len(steps) - 2:
                value = row.get(step.name)
                if steps[-1].name == "$value":
                    return Response(200, str(value).encode(), "text/plain;charset=utf-8")
                return Response(200, encode({"odata.metadata": f"{self.root}$metadata", "value": value}))
            else:
                raise (
                    ODataError(400, 11, f"Метод {step.name} не найден")
                    if step.arguments is not None
                    else (unknown_segment(step.name))
                )
        return self._object(request, kind, collection, row)

    def _object(self, request: Request, kind: EntityType, collection: str, row: Body, status: int = 200) -> Response:
        reading = request.method == "GET"
        chosen = selection(self.base, kind, request.options.get("$select"), None) if reading else Selection()
        links = request.format != "nometadata"
        out = render_row(self.base, kind, collection, row, chosen, links=links)
        place = address(kind, collection, row)
        headers = {"Location": self.root + place} if status == 201 else {}
        if request.format == "atom":
            text = atom.entry(kind, collection, out, place, root=self.root)
            return Response(status, text.encode(), _ATOM.replace("feed", "entry"), headers)
        meta = {"odata.metadata": f"{self.root}$metadata#{collection}/@Element"} if links else {}
        return Response(status, encode({**meta, **out}), headers=headers)

    # --- writing

    def _body(self, request: Request, kind: EntityType) -> Body:
        try:
            body = _JSON.decode(request.body.removeprefix(b"\xef\xbb\xbf"))
        except (msgspec.DecodeError, UnicodeDecodeError):
            if re.search(rb":\s*NaN", request.body):
                raise ODataError(400, 1, "Не удалось разобрать строку 'NaN' как значение типа Edm.Double!") from None
            raise business("Непредвиденный символ при чтении JSON") from None
        if not isinstance(body, dict):
            raise business("Непредвиденный символ при чтении JSON")
        hidden = set(self.base.kind(kind.name).properties) - set(kind.properties)
        return {name: value for name, value in body.items() if name not in hidden}

    def _load(self, request: Request) -> bool:
        return request.headers.get("1c_odata-dataloadmode", "").lower() == "true"

    def _match(self, request: Request) -> str | None:
        given = request.headers.get("if-match")
        return given if self.base.switches.if_match and given != "*" else None

    def _post(self, request: Request, kind: EntityType, collection: str, steps: list[Segment]) -> Response:
        if len(steps) > 1:
            return self._act(request, kind, collection, steps)
        if steps[0].single is not None or steps[0].arguments:
            raise ODataError(405, 19, "Метод не разрешен для данного ресурса")
        check_options(request.options)
        row = objects.create(self.base, collection, self._body(request, kind), load=self._load(request))
        return self._object(request, kind, collection, row, 201 if "Ref_Key" in kind.keys else 200)

    def _act(self, request: Request, kind: EntityType, collection: str, steps: list[Segment]) -> Response:
        step = steps[1]
        function = self.base.view.functions.get((kind.name, step.name))
        if function is None or not function.changes or len(steps) > 2:
            raise ODataError(400, 11, f"Метод {step.name} не найден")
        check_options(request.options, {"PostingModeOperational"})
        key = stored_key(self.base, collection, kind, steps[0])
        mode = (step.arguments or {}).get("PostingModeOperational", request.options.get("PostingModeOperational"))
        operational = posting.parse_mode(mode)
        if step.name == "Post":
            posting.post(self.base, collection, key, operational=operational)
        elif step.name == "Unpost":
            posting.unpost(self.base, collection, key)
        else:
            raise ODataError(501, 0, f"Метод {step.name} не эмулируется")
        return Response(200, b"", "text/plain")

    def _patch(self, request: Request, kind: EntityType, collection: str, steps: list[Segment]) -> Response:
        key = self._writable(kind, collection, steps)
        row = objects.change(
            self.base, collection, key, self._body(request, kind), load=self._load(request), match=self._match(request)
        )
        return self._object(request, kind, collection, row)

    def _put(self, request: Request, kind: EntityType, collection: str, steps: list[Segment]) -> Response:
        key, body = self._writable(kind, collection, steps), self._body(request, kind)
        given = {name.replace("@odata.bind", "_Key") for name in body}
        for name in kind.properties:
            if name not in given and name not in ("Ref_Key", "DataVersion", "Posted", "Predefined"):
                raise ODataError(400, 5, f"Не указано значение обязательного свойства {name}")
        row = objects.change(self.base, collection, key, body, load=self._load(request), match=self._match(request))
        return self._object(request, kind, collection, row)

    def _delete(self, request: Request, kind: EntityType, collection: str, steps: list[Segment]) -> Response:
        objects.delete(self.base, collection, self._writable(kind, collection, steps), match=self._match(request))
        return Response(204)

    def _writable(self, kind: EntityType, collection: str, steps: list[Segment]) -> str:
        if len(steps) > 1 or not is_stored(self.base, collection):
            raise ODataError(405, 19, "Метод не разрешен для данного ресурса")
        if steps[0].single is None and not steps[0].arguments:
            raise ODataError(405, 19, "Метод не разрешен для данного ресурса")
        return stored_key(self.base, collection, kind, steps[0])
