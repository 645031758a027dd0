"""The people of the week, each at a real system over HTTP: the accountant in 1C, the specialist at the desk.

They know nothing of the engine: what they do is what any user of those systems could do by hand.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Self
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

import msgspec
import requests

__all__ = ["ZONE", "Accountant", "Specialist"]

#: The wall clock on which the company's 1C lives.
ZONE = "Europe/Moscow"

_TIMEOUT = 30.0


_ENCODE = msgspec.json.Encoder(decimal_format="number").encode


def _body(values: Mapping[str, Any]) -> dict[str, Any]:
    """A JSON body whose amounts are exact numbers."""
    return {"data": _ENCODE(values), "headers": {"Content-Type": "application/json;charset=utf-8"}}


class _Person:
    """Somebody with a login and a browser; closes the session on exit."""

    def __init__(self, root: str, user: str, password: str) -> None:
        self.root = root
        self.http = requests.Session()
        self.http.trust_env = False
        self.http.auth = (user.encode(), password.encode())  # type: ignore[assignment]  # bytes keep Cyrillic UTF-8

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.http.close()

    def _send(self, method: str, address: str, **more: Any) -> requests.Response:
        answer = self.http.request(method, address, timeout=_TIMEOUT, **more)
        if not answer.ok:
            raise RuntimeError(f"{method} {address}: {answer.status_code} {answer.text[:500]}")
        return answer


class Accountant(_Person):
    """Works in 1C through the standard OData interface. ``root`` ends in ``/odata/standard.odata``."""

    def _address(self, collection: str, key: str | None = None) -> str:
        tail = f"(guid'{key}')" if key else ""
        return f"{self.root}/{quote(collection)}{tail}"

    def read(self, collection: str, key: str) -> dict[str, Any]:
        found: dict[str, Any] = self._send("GET", self._address(collection, key), params={"$format": "json"}).json()
        return found

    def rows(self, collection: str, **options: str) -> list[dict[str, Any]]:
        """A whole listing; ``options`` are query options without their dollar (``filter``, ``select``)."""
        query = {"$format": "json", **{f"${name}": value for name, value in options.items()}}
        # 1C reads a plus as a plus: blanks must be %20.
        params = urlencode(query, quote_via=quote, safe="$")
        rows: list[dict[str, Any]] = self._send("GET", self._address(collection), params=params).json()["value"]
        return rows

    def create(self, collection: str, values: Mapping[str, Any]) -> dict[str, Any]:
        answer = self._send("POST", self._address(collection), params={"$format": "json"}, **_body(values))
        made: dict[str, Any] = answer.json()
        return made

    def change(self, collection: str, key: str, **values: Any) -> None:
        self._send("PATCH", self._address(collection, key), params={"$format": "json"}, **_body(values))

    def post(self, document: str, key: str) -> None:
        """Post a document, so that the registers know of it."""
        address = f"{self._address(document, key)}/Post"
        self._send("POST", address, params={"PostingModeOperational": "false"}, headers={"Content-Length": "0"})

    def enter(self, document: str, values: Mapping[str, Any]) -> str:
        """Write and post; the new document's key."""
        made = self.create(document, values)
        self.post(document, made["Ref_Key"])
        return str(made["Ref_Key"])

    def drafts(self, document: str) -> list[dict[str, Any]]:
        """Documents neither posted nor marked for deletion, oldest first."""
        rows = self.rows(document, filter="Posted eq false and DeletionMark eq false")
        return sorted(rows, key=lambda row: (str(row["Date"]), str(row.get("Number", ""))))

    @staticmethod
    def now() -> str:
        """The moment a document gets when entered now, by the wall clock of the base."""
        return datetime.now(ZoneInfo(ZONE)).replace(tzinfo=None, microsecond=0).isoformat()


class Specialist(_Person):
    """Works at the desk through its REST interface. ``root`` is the tracker's web address, ending in ``/``."""

    def _address(self, collection: str, id: str = "") -> str:
        return f"{self.root}rest/data/{collection}" + (f"/{id}" if id else "")

    def _headers(self, etag: str = "") -> dict[str, str]:
        origin = self.root.rstrip("/")
        headers = {"X-Requested-With": "rest", "Origin": origin, "Referer": self.root}
        headers["Content-Type"] = "application/json"
        return {**headers, "If-Match": etag} if etag else headers

    def find(self, collection: str, field: str, value: str) -> str:
        """The id of the only item whose ``field`` is exactly ``value``."""
        answer = self._send("GET", self._address(collection), params={f"{field}:": value}, headers=self._headers())
        ids = [str(row["id"]) for row in answer.json()["data"]["collection"]]
        if len(ids) != 1:
            raise RuntimeError(f"{collection}.{field} = {value!r}: {len(ids)} found")
        return ids[0]

    def rows(self, collection: str, fields: tuple[str, ...]) -> list[dict[str, Any]]:
        query = {"@fields": ",".join(fields), "@sort": "id", "@verbose": "0"}
        answer = self._send("GET", self._address(collection), params=query, headers=self._headers())
        rows: list[dict[str, Any]] = answer.json()["data"]["collection"]
        return rows

    def enter(self, collection: str, **values: Any) -> str:
        """A new item; its id."""
        answer = self._send("POST", self._address(collection), json=values, headers=self._headers())
        return str(answer.json()["data"]["id"])

    def read(self, collection: str, id: str) -> dict[str, Any]:
        found: dict[str, Any] = self._send("GET", self._address(collection, id), headers=self._headers()).json()["data"]
        return found

    def change(self, collection: str, id: str, **values: Any) -> None:
        etag = str(self.read(collection, id)["@etag"])
        self._send("PATCH", self._address(collection, id), json=values, headers=self._headers(etag))

    def equipment(self, label: str, **values: Any) -> None:
        """Change the piece that the desk calls ``label``."""
        self.change("equipment", self.find("equipment", "name", label), **values)
