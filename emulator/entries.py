"""Records of an accounting register with their ext. dimensions, and the table of those by themselves.

Measured on live bases: ``RecordsWithExtDimensions`` refuses ``$skip``, orders by nothing one asks for, and ``Top``
takes an arbitrary subset; a condition by ``Recorder`` fails on a guid (500) and finds nothing by a string.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from hashlib import blake2b
from typing import Any

from .base import Base
from .edmx import EntityType
from .store import Body
from .values import UNDEFINED, ZERO
from .wire import business

__all__ = ["account_kinds", "check_condition", "ext_dimensions", "records"]

_KINDS = "ExtDimensionTypes"


def check_condition(text: str | None) -> None:
    """Fail as the platform does where a condition compares the recorder with a guid."""
    if text and re.search(r"\bRecorder\s+(eq|ne)\s+(guid|cast)", text):
        raise business("Ошибка при выполнении запроса. Неверные параметры в операции сравнения")


def records(base: Base, register: str, kind: EntityType) -> Iterator[Body]:
    """Every active or inactive record in no order, with what the register keeps beside it."""
    rows = sorted(base.records(register), key=_mixed)
    for row in rows:
        out = {name: row.get(name, _empty(name)) for name in kind.properties}
        for side in ("Dr", "Cr"):
            kinds = account_kinds(base, row.get(f"Account{side}_Key", ZERO))
            for number in (1, 2, 3):
                name = f"ExtDimensionType{side}{number}_Key"
                if name in kind.properties:
                    out[name] = kinds[number - 1] if number <= len(kinds) else ZERO
        yield out


def ext_dimensions(base: Base, register: str, kind: EntityType) -> Iterator[Body]:
    """One row per filled ext. dimension of every record."""
    for row in base.records(register):
        head = {name: row[name] for name in kind.properties if name in row}
        for side, word in (("Dr", "Debit"), ("Cr", "Credit")):
            kinds = account_kinds(base, row.get(f"Account{side}_Key", ZERO))
            for number, key in enumerate(kinds[:3], 1):
                value = row.get(f"ExtDimension{side}{number}")
                if value:
                    found = row.get(f"ExtDimension{side}{number}_Type", UNDEFINED)
                    yield {**head, "RecordType": word, "Kind_Key": key, "Value": value, "Value_Type": found}


def _mixed(row: Body) -> bytes:
    text = f"{row.get('Recorder')}|{row.get('LineNumber')}"
    return blake2b(text.encode(), digest_size=8).digest()


def _empty(name: str) -> Any:
    return ZERO if name.endswith("_Key") else UNDEFINED if name.endswith("_Type") else ""


def account_kinds(base: Base, account: Any) -> list[str]:
    """Keys of the kinds of ext. dimensions that an account has, in their order."""
    for chart in (name for name in base.model.sets if name.startswith("ChartOfAccounts_")):
        found = base.follow(chart, account) if account else None
        if found is not None:
            return [str(row.get("ExtDimensionType_Key", ZERO)) for row in found.get(_KINDS) or []]
    return []
