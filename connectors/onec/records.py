"""Records of independent information registers: no key of their own, no version; the dimensions are the identity.

Measured: POST answers 200 and refuses a repeated key with 400, PATCH by the full key changes the resources. A record is
found by its dimensions before it is written, so a repeated write changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ...errors import Fatal, Reject, Stale, Unknown
from ..base import Raw, Receipt, Write
from . import url
from .metadata import EntityType
from .transport import Transport
from .values import Codec

__all__ = ["is_record", "write_record"]

Fetch = Callable[[str, str], "tuple[dict[str, Any], Raw] | None"]


def is_record(collection: str, entity: EntityType) -> bool:
    """Whether the set is an independent information register: one that no document writes."""
    return collection.startswith("InformationRegister_") and "Recorder" not in entity.properties


def write_record(write: Write, entity: EntityType, codec: Codec, transport: Transport, fetch: Fetch) -> Receipt:
    """Create or change one record and read it back. Raises what ``Connector.write`` raises."""
    body = codec.encode(write.collection, entity, write.values)
    sent = codec.decode(entity, body)
    id = write.id if write.id is not None else _id(write.collection, entity, sent)
    found = fetch(write.collection, id)
    if found is None and write.id is not None:
        raise Stale("gone", "The record was deleted in 1C meanwhile.")
    if found is not None and not _differing(sent, found[1].data):
        return Receipt(found[1], created=False)
    if found is None:
        transport.send("POST", url.segment(write.collection), body, what=write.collection)
    else:
        parts = zip(entity.key, id.split("|"), strict=True)
        key = {name: url.literal(part, entity.properties[name].type) for name, part in parts}
        resources = {n: v for n, v in body.items() if n not in entity.key}
        transport.send("PATCH", url.segment(write.collection) + url.key(key), resources, what=write.collection)
    return Receipt(_confirmed(write.collection, id, sent, fetch), created=found is None)


def _id(collection: str, entity: EntityType, sent: Mapping[str, Any]) -> str:
    missing = [name for name in entity.key if name not in sent]
    if missing:
        raise Fatal("record_key", "A record of {set} is written without {name}.", set=collection, name=missing[0])
    return "|".join("" if sent[name] is None else str(sent[name]) for name in entity.key)


def _differing(sent: Mapping[str, Any], got: Mapping[str, Any]) -> str | None:
    return next((name for name, value in sent.items() if (value or None) != (got.get(name) or None)), None)


def _confirmed(collection: str, id: str, sent: Mapping[str, Any], fetch: Fetch) -> Raw:
    found = fetch(collection, id)
    if found is None:
        raise Unknown("answer_broken", "The answer to a write came broken.")
    changed = _differing(sent, found[1].data)
    if changed is not None:
        raise Reject(
            "value_changed_by_server",
            "1C stored another value of {wire} than was sent.",
            field=changed,
            hint="Look at the record in 1C: the value may be too long, or a rule of the base changes it.",
            wire=changed,
        )
    return found[1]
