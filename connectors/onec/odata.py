"""The connector: 1C:Enterprise through its standard OData interface (OData v3 as 1C speaks it)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import structlog

from ...errors import Blocked, Fatal, Reject
from ..base import Asked, Capabilities, Delta, Description, FieldInfo, Page, Query, Raw, Receipt, Rows, Write
from ..http import HttpClient, Retries
from . import answers, metadata, url
from .answers import Answers
from .errors import odata_errors
from .exchange import Queue
from .metadata import EntityType, Index
from .mirror import Mirror
from .periods import ClosedPeriods
from .probing import Prober
from .query import unpublished
from .reader import Reader
from .tracking import METHODS, Method, Tracker
from .transport import Transport
from .url import base_name, root
from .values import Codec
from .writer import COMMENT, Writer

if TYPE_CHECKING:
    from .soap.book import EnterpriseBook

__all__ = ["OnecConnector"]

log = structlog.get_logger(__name__)

_CONNECT_SECONDS = 10.0
#: Ids in one filter: some 70 characters each once encoded, and web servers refuse long query strings.
_MANY_IDS = 15


class OnecConnector:
    """One published base.

    ``url`` is the base's address with or without ``/odata/standard.odata``; ``timeout`` is in seconds;
    ``connections`` is how many the administrator allows (each takes a licence); ``zone`` is the server's IANA zone:
    1C's dates are its wall clock, a zoned time given in values or parameters is converted to it; ``cache`` is a folder
    for the parsed ``$metadata`` and for copies of listings, where ``changes`` (collection → method, see
    ``tracking.py``) wants them; ``plan`` and ``node`` (its code) name the exchange plan made for this; ``posting``
    allows ``post`` and ``unpost``; ``closed_until`` (organisation's key or ``*`` → last closed day) stands in for
    closing dates that the base does not publish; ``session``: ``ibsession`` keeps one 1C session, over one connection;
    ``exchange_node``: sets that OData does not publish are read through this node of ``exchange_plan``, where it is
    sent them (see ``soap/``); they have no versions, and nothing of them is written; ``huge_texts`` allows texts beyond
    10 million characters there.
    """

    def __init__(
        self,
        url: str,
        user: str = "",
        password: str = "",
        *,
        timeout: float = 120.0,
        connections: int = 1,
        page_size: int = 500,
        zone: str = "Europe/Moscow",
        cache: str | Path | None = None,
        session: str = "none",
        changes: Mapping[str, str] | None = None,
        plan: str = "",
        node: str = "",
        posting: bool = False,
        closed_until: Mapping[str, str] | None = None,
        exchange_node: str = "",
        exchange_plan: str = "",
        poll: float = 2.0,
        huge_texts: bool = False,
        retries: Retries | None = None,
    ) -> None:
        kept = session == "ibsession"
        connections = 1 if kept else connections
        self._root = root(url)
        self._zone = _zone(zone)
        self._cache = _cache_file(cache, self._root)
        self._index: Index | None = None
        self._client = HttpClient(
            self._root,
            user,
            password,
            timeout=(_CONNECT_SECONDS, timeout),
            connections=connections,
            retries=retries,
            errors=odata_errors,
        )
        self._transport = Transport(self._client, kept)
        self._beside: EnterpriseBook | None = None
        if exchange_node:
            from .soap.book import opened  # brings zeep with it: loaded only where it is asked for

            where = (url, user, password, exchange_plan, exchange_node, cache)
            self._beside = opened(
                *where, timeout=timeout, page_size=page_size, poll=poll, huge=huge_texts, retries=retries
            )
            self._beside.http.share_places(self._client)
        self._reader = Reader(self._transport, self._catalogue, self._zone, page_size, connections)
        #: What the last listing of each tracked collection cost and brought.
        self.deltas: dict[str, Delta] = {}
        self._tracker = self._tracking(Path(cache) if cache else None, changes or {}, plan, node)
        self._periods = ClosedPeriods(
            self._transport,
            lambda: self._catalogue()[0],
            user,
            closed_until or {},
            lambda: datetime.now(self._zone).date(),
        )
        self._writer = Writer(self._transport, self._catalogue, self._fetch, self.find, self._periods, posting)
        self.answers = answers.load(self._cache.with_suffix(".answers.json") if self._cache else None)
        self._kept = kept
        self.capabilities = Capabilities(
            changes="full",
            versions=True,
            conditional_write=False,
            create="own_key",
            retire="mark",
            page_size=page_size,
            many_ids=_MANY_IDS,
            connections=connections,
            settle=0.0,
        )
        self._obey()

    def __repr__(self) -> str:
        return f"OnecConnector({self._root!r})"

    def describe(self) -> Description:
        """What is published now: always asked anew, so that a repair by the administrator is seen at once."""
        self._tracker.fresh = False
        self._periods.forget()
        published = self._transport.rows("")
        if not published:
            raise Fatal(
                "nothing_published",
                "1C publishes nothing through OData.",
                hint="Choose what to publish in «Настройка стандартного интерфейса OData» in 1C.",
            )
        index = self._refresh()
        names = {str(entry.get("name")) for entry in published}
        collections: dict[str, Mapping[str, FieldInfo]] = dict(self._beside.describe()) if self._beside else {}
        for name, fields in index.collections().items():
            if name.partition("/")[0] in names:
                collections[name] = fields
        return Description(
            identity=f"{base_name(self._root)}#{self._fingerprint(index, names)}",
            product="1C:Enterprise OData",
            collections=collections,
        )

    def read(self, query: Query, since: str | None = None) -> Iterator[Page]:
        """Changes cannot be asked for by time: ``since`` gives the whole listing, never called complete."""
        for page in (self._other_way(query) or self._tracker).pages(query):
            yield page if since is None else replace(page, complete=False)

    def undecoded(self, query: Query) -> Iterator[Rows] | None:
        """The listing undecoded, where nothing of it is taken from a copy."""
        if self._other_way(query):
            return None
        return self._tracker.reader.rows(query) if self._tracker.plain(query) else None

    def decoded(self, query: Query, rows: Iterable[bytes]) -> list[Raw]:
        """The records of such rows. Raises ``Retry`` where 1C did not write one of them."""
        return self._tracker.reader.decoded(query, rows)

    def get(self, collection: str, id: str) -> Raw | None:
        """The record now. ``None`` only where 1C itself says that there is no such instance."""
        found = self._fetch(collection, id)
        return None if found is None else found[1]

    def find(self, collection: str, marker: str) -> Raw | None:
        """By ``Ref_Key`` when ``marker`` is a guid, else the record whose ``Комментарий`` contains ``marker``.

        Equality is not used: attributes of unlimited length are not comparable in 1C's query language. A record
        without the deletion mark is preferred; several raise ``Blocked``, for nobody can say which is ours.
        """
        if url.is_guid(marker):
            found_by_key = self.get(collection, marker)
            if found_by_key is not None or self.answers.own_key:
                return found_by_key
        index, codec = self._catalogue()
        entity = self._entity(index, collection)
        if COMMENT not in entity.properties or not marker:
            return None
        query = url.options(_filter=f"substringof({url.text(marker)},{COMMENT})", _top="10")
        rows = self._transport.rows(url.segment(collection), query, what=collection)
        found = [_raw(collection, entity, codec, row) for row in rows]
        alive = [raw for raw in found if not raw.retired] or found[:1]
        if len(alive) > 1:
            raise Blocked(
                "marker_twice",
                "Several records of {set} carry the same marker.",
                hint="Delete the surplus ones in 1C.",
                set=collection,
            )
        return alive[0] if alive else None

    def write(self, write: Write) -> Receipt:
        """Create (own ``Ref_Key`` and marker) or change one object; see ``writer.py``."""
        self._tracker.fresh = False
        return self._writer.write(write)

    def post(self, collection: str, id: str) -> Raw:
        """Post a document, where the settings allow it (``posting``); verified by reading ``Posted``."""
        return self._writer.act(collection, id, "Post")

    def unpost(self, collection: str, id: str) -> Raw:
        """Take a posting back, where the settings allow it; verified by reading ``Posted``."""
        return self._writer.act(collection, id, "Unpost")

    def probe(self, *, write: bool = False) -> list[Asked]:
        """See ``base.Probing``; the answers are kept beside the copy of ``$metadata`` and obeyed from then on."""
        index = self._refresh()
        prober = Prober(self._transport, index, self._periods, write, self._tracker.point, unquote(self._root))
        newer, asked = prober.run()
        self.answers = self.answers.merged(newer)
        if self._cache is not None:
            answers.save(self._cache.with_suffix(".answers.json"), self.answers)
        self._obey()
        return asked

    def known_answers(self) -> dict[str, bool | None]:
        """See ``base.Probing``."""
        return {n: getattr(self.answers, n) for n in Answers.__struct_fields__ if n != "format"}

    def _obey(self) -> None:
        """Do as the base was found to do; where it was not asked, as the worse answer would have it."""
        self._periods.drafts_pass = self.answers.closed_drafts is True
        self._reader.answers = self.answers
        self._writer.refuses_repeats = self.answers.own_key is True and self.answers.repeat_refused is True
        self._transport.keep(self._kept and self.answers.sessions is not False)
        self.capabilities = replace(
            self.capabilities,
            conditional_write=self.answers.if_match is True,
            create="marker_field" if self.answers.own_key is False else "own_key",
        )

    def share_licences(self, hold: Callable[[], None]) -> None:
        """See ``base.Licensed``: every 1C session takes a licence."""
        self._client.gate = hold
        if self._beside is not None:
            self._beside.http.gate = hold

    def closed_until(self, organization: str | None) -> date | None:
        """See ``base.Periods``."""
        return self._periods.until(organization)

    def close(self) -> None:
        """End the session kept and the connections."""
        self._transport.close()
        if self._beside is not None:
            self._beside.http.close()

    def _other_way(self, query: Query) -> EnterpriseBook | None:
        """What reads a set that OData does not publish, where an exchange node may be sent it."""
        if self._beside is None or not self._beside.may_send(query.collection):
            return None
        return self._beside if self._catalogue()[0].entity(query.collection) is None else None

    def _tracking(self, cache: Path | None, changes: Mapping[str, str], plan: str, node: str) -> Tracker:
        ways = {name: _way(name, way) for name, way in changes.items()}
        base = hashlib.sha256(self._root.encode()).hexdigest()[:16]
        folder = cache / f"onec-{base}" if cache else None
        queue = None
        if folder is not None and plan and node:
            queue = Queue(self._transport, self._root, plan, node, folder, lambda: self._catalogue()[0])
        return Tracker(
            self._reader,
            self._transport,
            Mirror(folder, base) if folder else None,
            queue,
            ways,
            lambda: self._catalogue()[0].digest,
            lambda delta: self.deltas.update({delta.collection: delta}),
        )

    def _fetch(self, collection: str, id: str) -> tuple[dict[str, Any], Raw] | None:
        index, codec = self._catalogue()
        entity = self._entity(index, collection)
        key = _key(entity, id)
        if key is None:
            return None
        try:
            answer = self._transport.object(url.segment(collection) + url.key(key), what=collection)
        except Reject as error:
            if error.code == "not_found":
                return None
            raise
        return answer, _raw(collection, entity, codec, answer)

    def _entity(self, index: Index, collection: str) -> EntityType:
        entity = index.entity(collection)
        if entity is None:
            raise unpublished(collection)
        return entity

    def _catalogue(self) -> tuple[Index, Codec]:
        if self._index is None:
            self._index = metadata.load(self._cache) if self._cache else None
        index = self._index or self._refresh()
        return index, Codec(index, self._zone)

    def _refresh(self) -> Index:
        """Fetch ``$metadata`` unless the server says it is unchanged; parse it only if its digest is new."""
        known = self._index or (metadata.load(self._cache) if self._cache else None)
        answer = self._transport.metadata(known.etag if known else "")
        if answer is None and known is not None:
            self._index = known
            return known
        content, etag = answer or (b"", "")
        if known is not None and known.digest == hashlib.sha256(content).hexdigest():
            self._index = known
            return known
        index = metadata.parse(content, etag)
        if self._cache:
            _keep(index, self._cache)
        self._index = index
        return index

    def _fingerprint(self, index: Index, names: set[str]) -> str:
        """Tells one base from another at the same address: the key of its first organisation, or of its first
        account. New organisations do not change it."""
        charts = [n for n in sorted(names) if n.startswith("ChartOfAccounts_")]
        # Where organisations have no codes and there are no accounts (УТ): the first currency.
        for name in ("Catalog_Организации", *charts, "Catalog_Валюты"):
            entity = index.entity(name)
            if name not in names or entity is None or "Code" not in entity.properties:
                continue
            query = url.options(_select="Ref_Key,Code", _orderby="Code", _top="1")
            rows = self._transport.rows(url.segment(name), query, what=name)
            if rows:
                return hashlib.sha256(str(rows[0].get("Ref_Key")).lower().encode()).hexdigest()[:16]
        return "empty"


def _way(collection: str, way: str) -> Method:
    for known in METHODS:
        if known == way:
            return known
    raise Fatal(
        "changes_method",
        "There is no way {way} to find changes of {set}.",
        hint="Choose auto, plan, versions, slice or full.",
        way=way,
        set=collection,
    )


def _raw(collection: str, entity: EntityType, codec: Codec, answer: Mapping[str, Any]) -> Raw:
    data = codec.decode(entity, answer)
    id = "|".join("" if data.get(name) is None else str(data[name]) for name in entity.key)
    version = data.get("DataVersion")
    return Raw(collection, id, str(version) if version else None, data, data.get("DeletionMark") is True)


def _key(entity: EntityType, id: str) -> dict[str, str] | None:
    """The key literals of an id; ``None`` where it cannot be a key of this set."""
    parts = id.split("|")
    if not entity.key or len(parts) != len(entity.key):
        return None
    try:
        return {
            name: url.literal(part, entity.properties[name].type) for name, part in zip(entity.key, parts, strict=True)
        }
    except ValueError:
        return None


def _keep(index: Index, cache: Path) -> None:
    """The copy saves a parse next time and nothing more: a full disk or a read-only folder is no reason to stop."""
    try:
        metadata.save(index, cache)
    except OSError as error:
        log.info("metadata_not_kept", folder=str(cache.parent), reason=error.strerror)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise Fatal(
            "zone",
            "There is no time zone {zone}.",
            hint="Write an IANA name such as Europe/Moscow into the settings.",
            zone=name,
        ) from error


def _cache_file(folder: str | Path | None, root: str) -> Path | None:
    if not folder:
        return None
    return Path(folder) / f"onec-{hashlib.sha256(root.encode()).hexdigest()[:16]}.msgpack"
