"""The web service of our extension: changes until they are acknowledged, objects, balances, writes done once by key.

Each object is written in one transaction with its result, under the key of the call and its number, so that the same
key gives the same results again and writes only what is missing; the same key for something else is refused. What is
wrong with an object is said in the answer; a fault is for what is wrong with the call.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import UTC
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from .. import objects
from ..posting import post, unpost
from ..store import Body
from ..totals import Asked, summed
from ..values import fresh_guid, guid
from ..wire import ODataError, encode
from .describing import extension_services, extension_types
from .envelope import SoapFault
from .extension_objects import collection_of, described, given, held, is_register, told, type_of, write_record
from .model import QName, Service
from .printing import Node
from .structured import printed_value, read_value

if TYPE_CHECKING:
    from ..base import Base

__all__ = ["SERVICE", "Extension"]

SERVICE = "UchetExchange"
#: Objects in one call, as Ping announces it.
MAX_BATCH = 200
_PLAN = "ExchangePlan_УчетИТОбмен"
_DONE = "@extension:operations"
_REGISTER = "AccountingRegister_Хозрасчетный"
#: Kind of balance → accounts, by the beginning of their codes.
_ACCOUNTS: Mapping[str, tuple[str, ...]] = {"stock": ("10", "41"), "in_use": ("МЦ.04",), "fixed_assets": ("01",)}
_ROLES = {"Catalog_Номенклатура": "Item", "Catalog_ОсновныеСредства": "Item", "Catalog_Склады": "Warehouse"}
_ROLES["Catalog_ФизическиеЛица"] = "Person"

Values = Mapping[str, Any]
Answer = dict[str, Any]


class Extension:
    """The service over one base; its state (consumers, operations) is the base's own."""

    def __init__(self, base: Base) -> None:
        self.base = base
        base.hidden_plans.add(_PLAN)
        #: The session is ended after the first object of a write.
        self.broken = False
        self.service: Service = extension_services()[SERVICE]
        self._package = self.service.packages[0]
        self._works: Mapping[str, Callable[[Values], Answer | str]] = {
            "Ping": self._ping,
            "GetChanges": self._changes,
            "AckChanges": self._acknowledge,
            "GetObjects": self._objects,
            "GetBalances": self._balances,
            "PutObjects": self._put,
            "PostDocument": self._post,
            "GetOperation": self._operation,
        }

    def call(self, name: str, arguments: Values) -> Mapping[str, list[Node] | str]:
        """The result of one operation. Raises ValueError or SoapFault where the call itself is wrong."""
        operation = next(item for item in self.service.operations if item.name == name)
        kinds = {item.name: item.type for item in operation.parameters}
        try:
            values = {
                name: value if value is None or isinstance(value, (str, int)) else self._read(kinds[name], value)
                for name, value in arguments.items()
            }
        except ValueError as error:
            raise SoapFault(f"Ошибка преобразования данных XDTO: {error}", sender=True) from None
        answer = self._works[name](values)
        if isinstance(answer, str) or operation.returns is None:
            return {"return": answer if isinstance(answer, str) else ""}
        return {"return": printed_value(self._package, operation.returns, answer)}

    def _read(self, kind: QName, value: Any) -> Values:
        return read_value(self._package, kind, value)

    def _served(self) -> tuple[str, ...]:
        return tuple(kind for kind in extension_types() if self.base.model.type_of(collection_of(kind)) is not None)

    def _ping(self, _: Values) -> Answer:
        identity = self.base.store.meta("extension:id")
        if identity is None:
            with self.base.store.write():
                identity = fresh_guid()
                self.base.store.set_meta("extension:id", identity)
        return {
            "ServiceVersion": "1.0",
            "ConfigName": "БухгалтерияПредприятия",
            "ConfigVersion": "3.0.151.27",
            "InfobaseId": identity,
            "ServerTimeUtc": self.base.clock().astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat(),
            "MaxBatch": MAX_BATCH,
            "Type": [described(self.base, kind) for kind in self._served()],
        }

    # --- changes

    def _changes(self, asked: Values) -> Answer:
        node = self._consumer(asked["ConsumerId"], asked["Types"]["Item"])
        if node is None:
            return {"NextToken": "", "HasMore": False, "ErrorCode": "types_differ", "Message": "Другой список типов."}
        place, after = f"@changes:{_PLAN}|{node['Ref_Key']}", int(asked["AfterToken"] or 0)
        collections = {collection_of(kind) for kind in node["Types"]}
        with self.base.store.write():
            number = int(node["SentNo"])
            for entry in self.base.store.all(place):
                if not entry["number"]:
                    number += 1
                    self.base.store.put(place, f"{entry['collection']}|{entry['key']}", {**entry, "number": number})
            self.base.store.put(_PLAN, node["Ref_Key"], {**node, "SentNo": number})
        waiting = sorted(
            (entry for entry in self.base.store.all(place) if entry["collection"] in collections),
            key=lambda entry: int(entry["number"]),
        )
        waiting = [entry for entry in waiting if entry["number"] > after]
        page = waiting[: max(1, min(int(asked["Limit"]), MAX_BATCH))]
        token = str(page[-1]["number"]) if page else str(after)
        return {
            "Change": [self._change(entry) for entry in page],
            "NextToken": token,
            "HasMore": len(page) < len(waiting),
        }

    def _change(self, entry: Body) -> Answer:
        body = self.base.store.get(entry["collection"], entry["key"])
        when = self.base.clock().replace(microsecond=0, tzinfo=None).isoformat()
        head = {"Type": type_of(entry["collection"]), "Ref": entry["key"], "Deleted": body is None, "ChangedAt": when}
        return head if body is None else {**head, "Object": told(self.base, entry["collection"], body)}

    def _consumer(self, code: str, types: list[str]) -> Body | None:
        """The consumer's node, made at its first call; ``None`` where it asks for other types than before."""
        wrong = [kind for kind in types if kind not in self._served() or is_register(collection_of(kind))]
        if wrong or not types or not code:
            raise ValueError(
                f"Тип не обслуживается: {', '.join(wrong)}" if wrong else "Не указан потребитель или типы."
            )
        found = self._known(code)
        if found is None:
            found = {"Ref_Key": fresh_guid(), "Code": code, "ThisNode": False, "SentNo": 0, "Types": sorted(types)}
            with self.base.store.write():
                self.base.store.set_meta(f"content:{_PLAN}", [collection_of(kind) for kind in self._served()])
                self.base.store.put(_PLAN, found["Ref_Key"], found)
        return found if found["Types"] == sorted(types) else None

    def _known(self, code: str) -> Body | None:
        return next((node for node in self.base.store.all(_PLAN) if node["Code"] == code), None)

    def _acknowledge(self, asked: Values) -> str:
        node = self._known(asked["ConsumerId"])
        if node is None or not asked["Token"].isdigit() or int(asked["Token"]) > int(node["SentNo"]):
            raise ValueError("Неизвестный потребитель или отметка.")
        with self.base.store.write():
            self.base.changes.drop((_PLAN, node["Ref_Key"]), int(asked["Token"]))
        return ""

    # --- reading

    def _objects(self, asked: Values) -> Answer:
        if asked["Type"] not in self._served():
            return {"HasMore": False, "ErrorCode": "type_unknown", "Message": f"Тип {asked['Type']} не обслуживается."}
        collection, refs = collection_of(asked["Type"]), asked["Refs"]
        stored = held(self.base, collection)
        keys = sorted(stored)
        if refs is not None:
            wanted = refs["Item"] if is_register(collection) else [ref.lower() for ref in refs["Item"]]
            keys = sorted({*wanted} & stored.keys())
        keys = [key for key in keys if key > (asked["After"] or "")]
        page = keys[: max(1, min(int(asked["Limit"]), MAX_BATCH))]
        found = [body for key in page if (body := self.base.store.get(collection, stored[key])) is not None]
        more = len(page) < len(keys)
        answer: Answer = {"Object": [told(self.base, collection, body) for body in found], "HasMore": more}
        return {**answer, "After": page[-1]} if more else answer

    def _balances(self, asked: Values) -> Answer:
        starts, returns = _ACCOUNTS.get(asked["Kind"]), self.base.model.functions.get((_REGISTER, "Balance"))
        if starts is None or returns is None:
            return {"ErrorCode": "kind_unknown", "Message": f"Вид остатков {asked['Kind']} не обслуживается."}
        kind = self.base.model.complex.get(returns.returns or "") or self.base.model.types[returns.returns or ""]
        rows = []
        for found in summed(self.base, _REGISTER, kind, Asked(end=asked["AtMoment"]), opening=True):
            account = self.base.follow("ChartOfAccounts_Хозрасчетный", found["Account_Key"])
            row = self._balance(found, str((account or {}).get("Code", "")).strip())
            wanted = [(name, asked[name]) for name in ("Item", "Warehouse", "Person") if asked[name]]
            if (
                row["Account"].startswith(starts)
                and "Item" in row
                and all(row.get(name) == key for name, key in wanted)
            ):
                rows.append(row)
        return {"Row": sorted(rows, key=lambda row: sorted((name, str(value)) for name, value in row.items()))}

    def _balance(self, found: Body, account: str) -> Answer:
        row: Answer = {"Account": account}
        for number in (1, 2, 3):
            kind = str(found.get(f"ExtDimension{number}_Type") or "").removeprefix("StandardODATA.")
            if kind in _ROLES:
                row[_ROLES[kind]] = found[f"ExtDimension{number}"]
        quantity = Decimal(found.get("КоличествоBalanceDr") or 0)
        return {**row, "Quantity": quantity, "Amount": Decimal(found.get("СуммаBalanceDr") or 0)}

    # --- writing

    def _begun(self, asked: Values, count: int) -> bool:
        """Whether this key stands for this request: from now on, or since before."""
        key, said = asked["IdempotencyKey"], hashlib.sha256(encode(dict(asked))).hexdigest()
        if not key:
            raise ValueError("Не указан ключ идемпотентности.")
        with self.base.store.write():
            held = self.base.store.get(_DONE, f"{key}|0")
            if held is None:
                self.base.store.put(_DONE, f"{key}|0", {"hash": said, "count": count})
        return held is None or held["hash"] == said

    def _once(self, asked: Values, number: int, work: Callable[[], Answer]) -> Answer:
        """Do one thing of a request in one transaction with its result, or give the result that it had."""
        key = f"{asked['IdempotencyKey']}|{number}"
        with self.base.store.write():
            held = self.base.store.get(_DONE, key)
            answer = work() if held is None else held
            if held is None:
                self.base.store.put(_DONE, key, answer)
        return answer

    def _put(self, asked: Values) -> Answer:
        sent = asked["Objects"]["Object"]
        if len(sent) > MAX_BATCH:
            return {"ErrorCode": "batch_too_large", "Message": f"Больше {MAX_BATCH} объектов за один вызов."}
        if not self._begun(asked, len(sent)):
            return {"ErrorCode": "key_reused", "Message": "Этот ключ уже был у другого запроса."}
        results = []
        for number, item in enumerate(sent, 1):
            results.append(self._once(asked, number, lambda item=item: self._put_one(item)))  # type: ignore[misc]
            if self.broken and number < len(sent):
                raise ValueError("Сеанс работы завершен администратором.")
        return {"Result": results}

    def _put_one(self, item: Values) -> Answer:
        head: Answer = {"ExternalId": item["ExternalId"]} if "ExternalId" in item else {}
        try:
            with self.base.store.write():
                return {**head, **self._written(item)}
        except ValueError as error:
            code, text = error.args if len(error.args) == 2 else ("value", str(error))
            return {**head, "Status": "rejected", "ErrorCode": code, "Message": text}
        except ODataError as error:
            return {**head, "Status": "rejected", "ErrorCode": "refused", "Message": error.message}

    def _written(self, item: Values) -> Answer:
        if item["Type"] not in self._served():
            raise ValueError("type_unknown", f"Тип {item['Type']} не обслуживается.")
        collection = collection_of(item["Type"])
        body = given(self.base, collection, item)
        if "Posted" in body:
            raise ValueError("attribute_unknown", "Проведение — операцией PostDocument.")
        if is_register(collection):
            return write_record(self.base, collection, item, body)
        key = guid(item.get("Ref") or item.get("ExternalId"))
        before = self.base.store.get(collection, key)
        if before is None and "Ref" in item:
            raise ValueError("not_found", "Объект не найден.")
        if before is None:
            after = objects.create(self.base, collection, {**body, "Ref_Key": key})
            return {"Ref": after["Ref_Key"], "Status": "created", "DataVersion": after["DataVersion"]}
        if item.get("DataVersion") not in (None, before["DataVersion"]):
            raise ValueError("version_differs", "Объект изменён после чтения.")
        same = "Ref" not in item or all(before.get(name) == value for name, value in body.items())
        if same:
            return {"Ref": key, "Status": "unchanged", "DataVersion": before["DataVersion"]}
        if before.get("Posted"):
            raise ValueError("posted", "Документ проведён.")
        after = objects.change(self.base, collection, key, body)
        return {"Ref": key, "Status": "updated", "DataVersion": after["DataVersion"]}

    def _post(self, asked: Values) -> Answer:
        if asked["Mode"] not in ("post", "unpost"):
            raise ValueError(f"Неизвестный режим {asked['Mode']}.")
        if not self._begun(asked, 1):
            return {"Status": "rejected", "ErrorCode": "key_reused", "Message": "Этот ключ уже был у другого запроса."}
        return self._once(asked, 1, lambda: self._posted(asked))

    def _posted(self, asked: Values) -> Answer:
        collection, key = collection_of(asked["Type"]), asked["Ref"].lower()
        known = asked["Type"] in self._served() and collection.startswith("Document_")
        before = self.base.store.get(collection, key) if known else None
        if before is None:
            return {"Status": "rejected", "ErrorCode": "not_found", "Message": "Документ не найден."}
        if asked["ExpectedDataVersion"] not in (None, "", before["DataVersion"]):
            return {"Status": "rejected", "ErrorCode": "version_differs", "Message": "Документ изменён после чтения."}
        try:
            with self.base.store.write():
                after = (post if asked["Mode"] == "post" else unpost)(self.base, collection, key)
        except ODataError as error:
            return {"Ref": key, "Status": "rejected", "ErrorCode": "refused", "Message": error.message}
        return {"Ref": key, "Status": "updated", "DataVersion": after["DataVersion"]}

    def _operation(self, asked: Values) -> Answer:
        """The key of a write names it: done, with its results, broken off halfway, or nothing that anybody knows of."""
        begun = self.base.store.get(_DONE, f"{asked['OperationId']}|0")
        if begun is None or not begun["count"]:
            return {"Status": "Canceled"}
        held = [self.base.store.get(_DONE, f"{asked['OperationId']}|{number + 1}") for number in range(begun["count"])]
        if None in held:
            return {"Status": "Active"}
        return {"Status": "Completed", "Result": {"Result": held}}
