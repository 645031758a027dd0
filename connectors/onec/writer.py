"""Creating and changing one object, so that it happens once and only as asked.

1C takes silently what it should refuse: unknown members, strings too long, references to nothing; ``If-Match`` is
ignored by every version measured. So bodies hold published fields only, lengths are checked before, ``DataVersion``
is compared before a change, and the whole object that 1C answers with is compared with what was sent.
Nothing is ever deleted physically or replaced whole (``PUT``); posting is an act of its own, off unless allowed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

from ...errors import Blocked, Fatal, Reject, Retry, Stale, UchetError, Unknown
from ..base import Raw, Receipt, Write
from . import url
from .metadata import EntityType, Index
from .periods import ClosedPeriods
from .query import unpublished
from .records import is_record, write_record
from .transport import Transport
from .values import ZERO, Codec

__all__ = ["COMMENT", "HANDLER_FIELDS", "Writer"]

#: Where a marker is kept: an attribute of unlimited length that catalogs and documents of БП and ERP have.
COMMENT = "Комментарий"

#: Fields that handlers of the typical configurations may set anew without having refused the write.
HANDLER_FIELDS = frozenset(
    {"ВидОперации", "СпособУчетаМатериаловПоСотруднику", "ИдентификаторСтроки", "СуммаДокумента"}
)

#: Left out of a body on purpose: who is responsible is the writing user, and 1C finds the event by its kind.
_FILLED_BY_1C = frozenset({"Ref_Key", "Ответственный_Key", "Автор_Key", "СобытиеОС_Key"})

Fetch = Callable[[str, str], "tuple[dict[str, Any], Raw] | None"]


class Writer:
    """``fetch(collection, id)`` gives an object as it came and as decoded, ``find`` looks a marker up."""

    def __init__(
        self,
        transport: Transport,
        catalogue: Callable[[], tuple[Index, Codec]],
        fetch: Fetch,
        find: Callable[[str, str], Raw | None],
        periods: ClosedPeriods,
        posting: bool = False,
    ) -> None:
        self._transport = transport
        self._catalogue = catalogue
        self._fetch = fetch
        self._find = find
        self._periods = periods
        self._posting = posting
        #: The base takes our keys and was seen to refuse a second object under one.
        self.refuses_repeats = False

    def write(self, write: Write) -> Receipt:
        """See ``Connector.write``."""
        index, codec = self._catalogue()
        entity = index.entity(write.collection)
        if entity is None:
            raise unpublished(write.collection)
        if is_record(write.collection, entity):
            return write_record(write, entity, codec, self._transport, self._fetch)
        if entity.key != ("Ref_Key",):
            raise Fatal("not_writable", "Records of {set} are not written.", set=write.collection)
        if write.id is None:
            return self._create(write, entity, codec)
        return self._update(write, write.id, entity, codec)

    def _create(self, write: Write, entity: EntityType, codec: Codec) -> Receipt:
        values = dict(write.values)
        if write.marker and COMMENT in entity.properties:
            values.setdefault(COMMENT, write.marker)
        body = codec.encode(write.collection, entity, values)
        # Where a repeat is refused, the refusal itself tells that the object is there: one request fewer a create.
        blind = self.refuses_repeats and write.key is not None
        twin = None if blind and self._open(write.collection, body) else self._twin(write, entity)
        if twin is not None:
            return Receipt(twin, created=False)
        self._periods.check(write.collection, body)
        if write.key is not None:
            body = {"Ref_Key": write.key, **body}
        whole = {**_unfilled(write.collection, entity, body), **body}
        try:
            answer = self._transport.send("POST", url.segment(write.collection), whole, what=write.collection)
        except Reject as error:
            twin = self._twin(write, entity) if blind or error.code == "exists" else None
            if twin is None:
                self._explain(error, write.collection, body)
                raise
            return Receipt(twin, created=False)
        return Receipt(self._confirmed(write.collection, entity, codec, body, answer), created=True)

    def _open(self, collection: str, body: Mapping[str, Any]) -> bool:
        """Whether the date of a new object may be written at all; where it may not, it may have been there before."""
        try:
            self._periods.check(collection, body)
        except Blocked:
            return False
        return True

    def _explain(self, error: Reject, collection: str, *versions: Mapping[str, Any]) -> None:
        """A refusal without a reason may be a period that was closed since it was looked up: then that is said."""
        if error.code == "refused":
            self._periods.forget()
            try:
                self._periods.check(collection, *versions)
            except Blocked as closed:
                closed.evidence.update(error.evidence)
                raise closed from error

    def act(self, collection: str, id: str, verb: Literal["Post", "Unpost"]) -> Raw:
        """Post a document or take its posting back, and read what came of it. Raises ``Fatal`` where the settings do
        not allow it, ``Reject`` with 1C's reasons, ``Blocked`` for a closed period, ``Unknown`` if nobody knows."""
        if not self._posting:
            raise Fatal(
                "posting_off",
                "Posting documents is not allowed.",
                hint="Accountants post. A signed setting may allow it: posting = true in [book.extra].",
            )
        wanted = verb == "Post"
        there, raw = self._there(collection, id)
        if raw.data.get("Posted") is wanted:
            return raw
        self._periods.check(collection, there, posting=True)
        path = url.segment(collection) + url.key({"Ref_Key": url.guid(id)})
        query = url.options(PostingModeOperational="false") if wanted else ""
        lost: Unknown | None = None
        try:
            self._transport.act(f"{path}/{verb}", query, what=collection)
        except Unknown as error:
            lost = error
        except Reject as error:
            self._explain(error, collection, there)
            raise
        _, raw = self._there(collection, id)
        if raw.data.get("Posted") is not wanted:
            raise lost or Reject("not_posted", "The document is as it was, though 1C answered well.")
        return raw

    def _there(self, collection: str, id: str) -> tuple[dict[str, Any], Raw]:
        found = self._fetch(collection, id)
        if found is None:
            raise Stale("gone", "The record was deleted in 1C meanwhile.")
        return found

    def _twin(self, write: Write, entity: EntityType) -> Raw | None:
        """What an earlier, perhaps unanswered, try of the same create has made: by our key, then by our marker
        (a base that gives its own keys)."""
        if write.key is not None:
            found = self._fetch(write.collection, write.key)
            if found is not None:
                return found[1]
        if write.marker and not url.is_guid(write.marker) and COMMENT in entity.properties:
            return self._find(write.collection, write.marker)
        return None

    def _update(self, write: Write, id: str, entity: EntityType, codec: Codec) -> Receipt:
        body = codec.encode(write.collection, entity, write.values)
        found = self._fetch(write.collection, id)
        if found is None:
            raise Stale("gone", "The record was deleted in 1C meanwhile.")
        there, current = found
        if write.expected is not None and current.version != write.expected:
            raise Stale("stale", "The record was changed by somebody else.")
        if current.data.get("Posted") is True:
            raise Reject(
                "posted",
                "The document is posted: it is not changed any more.",
                hint="Ask the accountant to unpost it or to enter a new one.",
            )
        _keep_rows(entity, codec, body, there)
        if _differing(entity, codec, body, there, frozenset()) is None:
            return Receipt(current, created=False)
        after = {**there, **body}
        self._periods.check(write.collection, there, after)
        headers = {"If-Match": current.version} if current.version else {}
        path = url.segment(write.collection) + url.key({"Ref_Key": url.guid(id)})
        try:
            answer = self._transport.send("PATCH", path, body, headers, what=write.collection)
        except Reject as error:
            self._explain(error, write.collection, there, after)
            raise
        return Receipt(self._confirmed(write.collection, entity, codec, body, answer), created=False)

    def _confirmed(
        self, collection: str, entity: EntityType, codec: Codec, body: Mapping[str, Any], answer: Mapping[str, Any]
    ) -> Raw:
        """The object as written. Raises ``Reject`` for a value that 1C changed, ``Unknown`` if it cannot be read."""
        wanted = {"Ref_Key", "DataVersion", "Number"} & entity.properties.keys()
        key = answer.get("Ref_Key")
        if not wanted <= answer.keys():
            answer = self._read_back(collection, str(key or body.get("Ref_Key", "")))
        sent = {name: value for name, value in body.items() if name != "Ref_Key"}
        try:
            changed = _differing(entity, codec, sent, answer)
            data = codec.decode(entity, answer)
        except Retry as error:
            raise _unread() from error
        if changed is not None:
            raise Reject(
                "value_changed_by_server",
                "1C stored another value of {wire} than was sent.",
                field=changed,
                hint="Look at the record in 1C: the value may be too long, or a rule of the base changes it.",
                wire=changed,
            )
        version = data.get("DataVersion")
        return Raw(
            collection, str(data["Ref_Key"]), str(version) if version else None, data, data.get("DeletionMark") is True
        )

    def _read_back(self, collection: str, id: str) -> dict[str, Any]:
        """The object just written; whatever hinders that is not a failure of the write."""
        try:
            found = self._fetch(collection, id)
        except (Retry, Reject) as error:
            raise _unread() from error
        if found is None:
            raise _unread()
        return found[0]


def _unfilled(collection: str, entity: EntityType, body: Mapping[str, Any]) -> dict[str, str]:
    """Empty references for a document's header fields that were left out: left out, they would get the user's defaults
    (organisation, warehouse, contract…), which nobody asked for."""
    if not collection.startswith("Document_"):
        return {}
    return {
        prop.name: ZERO
        for prop in entity.properties.values()
        if prop.type == "Edm.Guid" and prop.name.endswith("_Key") and prop.name not in body
        if prop.name not in _FILLED_BY_1C
    }


def _unread() -> UchetError:
    return Unknown("answer_broken", "The answer to a write came broken.")


def _differing(
    entity: EntityType,
    codec: Codec,
    body: Mapping[str, Any],
    answer: Mapping[str, Any],
    allowed: frozenset[str] = HANDLER_FIELDS,
) -> str | None:
    """The first field whose stored value is not the one sent, ``None`` if all are; padding and case of keys aside.

    ``allowed`` fields may differ; where there are some, so may an account sent empty: the base fills accounts in for
    users who do not manage them.
    """
    sent = codec.decode(entity, body)
    got = codec.decode(entity, answer)
    return next((name for name, value in sent.items() if not _same(name, value, got.get(name), allowed)), None)


def _same(name: str, sent: Any, got: Any, allowed: frozenset[str]) -> bool:
    if name in allowed:
        return True
    if isinstance(sent, tuple):
        rows = got if isinstance(got, tuple) else ()
        return len(rows) == len(sent) and all(
            _same(field, value, row.get(field), allowed)
            for mine, row in zip(sent, rows, strict=True)
            for field, value in mine.items()
        )
    if sent is None and allowed and name.startswith("Счет") and name.endswith("_Key"):
        return True
    if sent is None or isinstance(sent, str):
        return bool((sent or None) == (got or None))
    return bool(sent == got)


def _keep_rows(entity: EntityType, codec: Codec, body: dict[str, Any], there: Mapping[str, Any]) -> None:
    """Send other people's rows of a tabular part as they came, not as decoded and encoded again: a part is replaced
    whole, and decoding drops padding and empty forms."""
    decoded = codec.decode(entity, there)
    mine = codec.decode(entity, body)
    for name, prop in entity.properties.items():
        if prop.rows is None or name not in body:
            continue
        left = list(zip(decoded.get(name) or (), there.get(name) or (), strict=False))
        for number, row in enumerate(mine[name]):
            for candidate in left:
                if _covers(candidate[0], row):
                    left.remove(candidate)
                    body[name][number] = _original(candidate[1], str(number + 1))
                    break


def _covers(there: Mapping[str, Any], row: Mapping[str, Any]) -> bool:
    return all(there.get(name) == value for name, value in row.items() if name not in ("LineNumber", "Ref_Key"))


def _original(row: Mapping[str, Any], number: str) -> dict[str, Any]:
    kept = {name: value for name, value in row.items() if "@" not in name and name not in ("LineNumber", "Ref_Key")}
    return {"LineNumber": number, **kept}
