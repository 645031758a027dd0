"""The extension's web service as typed calls. Writes carry a key: what became of a lost answer is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Literal, TypeVar

import msgspec

from ....errors import Blocked, Unknown
from ...http import HttpClient
from ..soap.service import WebService

__all__ = [
    "SERVICE",
    "Attribute",
    "Balance",
    "Change",
    "Changes",
    "ExtensionClient",
    "Info",
    "Object",
    "Objects",
    "Operation",
    "Part",
    "Result",
    "Row",
    "TypeInfo",
]

SERVICE = "UchetExchange"
VERSION = "1.0"
_WRITES = frozenset({"PutObjects", "PostDocument"})


class _Answer(msgspec.Struct, rename="pascal"):
    """Structures of the service: members are named as on the wire, with a capital first letter."""


class AttributeInfo(_Answer):
    name: str
    kind: str
    length: int | None = None


class PartInfo(_Answer):
    name: str
    attribute: list[AttributeInfo] = []


class TypeInfo(_Answer):
    name: str
    attribute: list[AttributeInfo] = []
    part: list[PartInfo] = []


class Info(_Answer):
    """``server_time_utc`` comes without a zone, as 1C writes moments; ``max_batch``: objects in one call."""

    service_version: str
    config_name: str
    config_version: str
    infobase_id: str
    server_time_utc: datetime
    max_batch: int
    type: list[TypeInfo] = []


class Attribute(_Answer):
    """``kind``: text, number, flag, date (the base's own wall clock) or ref; no value: empty."""

    name: str
    kind: str
    value: str | None = None


class Row(_Answer):
    attribute: list[Attribute] = []


class Part(_Answer):
    name: str
    row: list[Row] = []


class Object(_Answer):
    """To be written: with ``ref`` an object that exists, else one whose key shall be ``external_id``."""

    type: str
    ref: str | None = None
    external_id: str | None = None
    data_version: str | None = None
    attribute: list[Attribute] = []
    part: list[Part] = []


class _Told(_Answer):
    error_code: str | None = None
    message: str | None = None


class Objects(_Told, kw_only=True):
    object: list[Object] = []
    after: str | None = None
    has_more: bool


class Change(_Answer):
    """``changed_at`` by the base's own wall clock; no ``object``: it is gone."""

    type: str
    ref: str
    deleted: bool
    changed_at: datetime
    object: Object | None = None


class Changes(_Told, kw_only=True):
    change: list[Change] = []
    next_token: str
    has_more: bool


class Balance(_Answer, kw_only=True):
    """Keys of what the quantity and the amount (roubles) stand for."""

    item: str
    warehouse: str | None = None
    person: str | None = None
    account: str
    inventory_number: str | None = None
    quantity: Decimal
    amount: Decimal


class _Balances(_Told):
    row: list[Balance] = []


class Result(_Told, kw_only=True):
    """``status``: created, updated, unchanged or rejected (then ``error_code`` and ``message`` say why)."""

    external_id: str | None = None
    ref: str | None = None
    status: str
    data_version: str | None = None


class _Results(_Told):
    result: list[Result] = []


class Operation(_Answer):
    """``status``: Active, Completed, Failed, or Canceled also where nobody knows of it."""

    status: str
    result: _Results | None = None


class _Returned(msgspec.Struct):
    """The result of an operation whose value is a text."""

    value: str | None = msgspec.field(name="return", default=None)


class _ReturnedInfo(msgspec.Struct):
    value: Info = msgspec.field(name="return")


class _ReturnedObjects(msgspec.Struct):
    value: Objects = msgspec.field(name="return")


class _ReturnedChanges(msgspec.Struct):
    value: Changes = msgspec.field(name="return")


class _ReturnedBalances(msgspec.Struct):
    value: _Balances = msgspec.field(name="return")


class _ReturnedResults(msgspec.Struct):
    value: _Results = msgspec.field(name="return")


class _ReturnedResult(msgspec.Struct):
    value: Result = msgspec.field(name="return")


class _ReturnedOperation(msgspec.Struct):
    value: Operation = msgspec.field(name="return")


class ExtensionClient:
    """The service of the base at ``address`` (``…/NAME``). Raises from ``uchet.errors`` only."""

    def __init__(
        self, http: HttpClient, address: str, *, version: Literal["1.1", "1.2"] = "1.1", huge: bool = False
    ) -> None:
        url = f"{address.rstrip('/')}/ws/{SERVICE}"
        self._service = WebService(http, url, version=version, writes=_WRITES, huge=huge)

    def ping(self) -> Info:
        """What answers there, and which types it serves."""
        return self._service.call("Ping", _ReturnedInfo, ClientVersion=VERSION).value

    def changes(self, consumer: str, types: Sequence[str], after: str | None, limit: int) -> Changes:
        """What changed and was not acknowledged, after a token; a consumer always asks for the same types."""
        asked = {"ConsumerId": consumer, "Types": {"Item": list(types)}, "AfterToken": after, "Limit": limit}
        return _good(self._service.call("GetChanges", _ReturnedChanges, **asked).value)

    def acknowledge(self, consumer: str, token: str) -> None:
        """Everything up to the token is kept here: 1C may forget it."""
        self._service.call("AckChanges", _Returned, ConsumerId=consumer, Token=token)

    def objects(
        self, type: str, refs: Iterable[str] | None = None, after: str | None = None, limit: int = 200
    ) -> Objects:
        """Objects of a type by their keys in order, after a key; ``refs``: these alone."""
        wanted = None if refs is None else {"Item": list(refs)}
        asked = {"Type": type, "Refs": wanted, "After": after, "Limit": limit}
        return _good(self._service.call("GetObjects", _ReturnedObjects, **asked).value)

    def balances(
        self,
        kind: Literal["stock", "in_use", "fixed_assets"],
        at: datetime | None = None,
        *,
        warehouse: str | None = None,
        person: str | None = None,
        item: str | None = None,
    ) -> list[Balance]:
        """Balances before a moment of the base's own wall clock (``None``: now)."""
        asked = {"Kind": kind, "AtMoment": at, "Warehouse": warehouse, "Person": person, "Item": item}
        return _good(self._service.call("GetBalances", _ReturnedBalances, **asked).value).row

    def put(self, key: str, objects: Sequence[Object]) -> list[Result]:
        """Write objects once for this key, whatever is lost on the way; one result for each, in order."""
        sent = {"Object": [msgspec.to_builtins(item) for item in objects]}

        def write() -> _Results:
            return self._service.call("PutObjects", _ReturnedResults, IdempotencyKey=key, Objects=sent).value

        try:
            return _good(write()).result
        except Unknown:
            done = self.operation(key)
            if done.status == "Completed" and done.result is not None:
                return _good(done.result).result
            return _good(write()).result  # not done, or halfway: the key gives what was answered and does the rest

    def post(
        self, key: str, type: str, ref: str, *, expected: str | None = None, mode: Literal["post", "unpost"] = "post"
    ) -> Result:
        """Post a document, or take its posting back, once for this key."""
        asked = {"Type": type, "Ref": ref, "ExpectedDataVersion": expected, "Mode": mode}

        def write() -> Result:
            return self._service.call("PostDocument", _ReturnedResult, IdempotencyKey=key, **asked).value

        try:
            return write()
        except Unknown:
            return write()  # the key gives the answer of what was done

    def operation(self, id: str) -> Operation:
        """What became of the write with this key."""
        return self._service.call("GetOperation", _ReturnedOperation, OperationId=id).value


A = TypeVar("A", bound=_Told)


def _good(answer: A) -> A:
    """The answer where it is one; raises Blocked with 1C's words where the call was refused."""
    if answer.error_code:
        raise Blocked(
            "extension_refused",
            "The extension refuses the request ({refusal}): {reason}",
            hint="Compare the version of the extension with the one that uchet knows.",
            refusal=answer.error_code,
            reason=answer.message or "",
        )
    return answer
