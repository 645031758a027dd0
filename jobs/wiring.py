"""From settings to something that runs: connectors, mappings, store and engine, put together in one place.

Everything here raises ``Fatal`` in an administrator's words; nothing is sent to either side before a verb is called.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from ..connectors.base import Connector, Licensed
from ..connectors.registry import Manifest, available, create
from ..errors import Fatal
from ..mappings.load import load_system
from ..mappings.model import KINDS, SIDES, Side
from ..mappings.system import SystemMap
from ..settings import Settings
from ..sync.engine import Engine
from ..sync.pair import EngineSettings, FeedSettings, GuardLimits, Pair
from ..sync.store import Store
from ..sync.store.leasing import Lease
from ..workdays import Workdays, load_workdays
from .state import Clock, Progress, cache_folder, check_state, open_store, quiet, utc_now

__all__ = [
    "Clock",
    "Progress",
    "Wired",
    "book_zone",
    "check_state",
    "connect",
    "engine_settings",
    "open_store",
    "quiet",
    "system_map",
    "utc_now",
    "wired",
]

#: The wall clock of a book whose settings name no zone.
BOOK_ZONE = "Europe/Moscow"


@dataclass(frozen=True, slots=True)
class Wired:
    """Everything a job works with, for as long as it is open."""

    settings: Settings
    store: Store
    pair: Pair
    engine: Engine


@contextmanager
def wired(settings: Settings, clock: Clock = utc_now, progress: Progress = quiet) -> Iterator[Wired]:
    """An engine on the pair that ``settings`` describe; sessions and the store are closed at the end."""
    with ExitStack() as stack:
        rules = engine_settings(settings)
        maps = {side: system_map(settings, side) for side in SIDES}
        ends = {side: stack.enter_context(closing(connect(settings, side))) for side in SIDES}
        pair = Pair(settings.pair, ends["book"], ends["desk"], maps["book"], maps["desk"])
        store = stack.enter_context(open_store(settings, clock))
        for side in SIDES:
            stack.callback(share_licences(settings, side, ends[side], store))
        yield Wired(settings, store, pair, Engine(pair, store, rules, clock=clock, progress=progress))


def connect(settings: Settings, side: Side) -> Connector:
    """The connector of ``side``. Raises ``Fatal`` where the settings do not fit it."""
    ours = settings.side(side)
    manifest = available().get(ours.connector)
    if manifest is not None and side not in manifest.kinds:
        raise Fatal(
            "connector_side",
            "The connector {connector} cannot be the {side}.",
            hint="Choose another connector in [{side}]: “uchet addons list” shows which side each one serves.",
            connector=ours.connector,
            side=side,
        )
    if (
        ours.password is None
        and manifest is not None
        and any(s.name == "password" and s.required for s in manifest.settings)
    ):
        raise Fatal(
            "password_missing",
            "There is no password for [{side}].",
            hint="Set the environment variable {variable}, or keep it in the keyring by “uchet init”.",
            side=side,
            variable=f"UCHET_{side.upper()}_PASSWORD",
        )
    open_values = {"url": ours.url, "user": ours.user, "timeout": ours.timeout, "connections": ours.connections}
    values = {k: v for k, v in {**open_values, "zone": ours.zone}.items() if v not in (None, "")}
    secret = {"password": ours.password.get_secret_value()} if ours.password else {}
    changes = _changes(settings, side)
    return create(ours.connector, {**_cache(settings, manifest), **values, **changes, **ours.extra}, secret)


def _cache(settings: Settings, manifest: Manifest | None) -> dict[str, Any]:
    folder = cache_folder(settings)
    wants = manifest is not None and any(s.name == "cache" and s.type == "path" for s in manifest.settings)
    return {"cache": folder} if wants and folder is not None else {}


def _changes(settings: Settings, side: Side) -> dict[str, Any]:
    """How changes are found, from kinds to the collections they are read from. Raises ``Fatal`` for an unknown kind."""
    declared = settings.side(side).changes
    if not declared:
        return {}
    kinds = system_map(settings, side).kinds
    found: dict[str, str] = {}
    for kind, way in declared.items():
        if kind not in kinds:
            raise Fatal(
                "changes_kind",
                "[{side}.changes] names {kind}, which the {side} does not keep.",
                hint="Use a kind of the mapping, such as equipment.",
                side=side,
                kind=kind,
            )
        found.update({source.collection: way for source in kinds[kind].sources})
    return {"changes": found}


def share_licences(settings: Settings, side: Side, connector: Connector, store: Store) -> Callable[[], None]:
    """Have a connector respect the licences that all processes share; what to call when it is done with them."""
    places = settings.side(side).licences
    if places is None or not isinstance(connector, Licensed):
        return lambda: None
    lease = Lease(store, f"{side} {settings.side(side).url}", places, f"uchet {os.getpid()}")
    connector.share_licences(lease.hold)
    return lease.release


def system_map(settings: Settings, side: Side) -> SystemMap:
    """The mapping of ``side`` with the administrator's own names in it."""
    overrides = dict(_dotted(settings.mapping.book if side == "book" else settings.mapping.desk))
    if side == "book":
        overrides |= {f"properties.{name}.title": title for name, title in settings.properties.items()}
    return load_system(side, settings.side(side).mapping, overrides or None)


def _dotted(tree: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    """Nested sections as dotted paths: TOML lets an administrator write either."""
    for name, value in tree.items():
        if isinstance(value, Mapping):
            yield from _dotted(value, f"{before}{name}.")
        else:
            yield before + name, value


def book_zone(settings: Settings) -> ZoneInfo:
    """The wall clock of the books."""
    return ZoneInfo(settings.book.zone or BOOK_ZONE)


def engine_settings(settings: Settings) -> EngineSettings:
    """The engine's rules. Raises ``Fatal`` for a rule about a field that does not exist."""
    known = {f"{kind.name}.{field.name}" for kind in KINDS for field in kind.fields}
    for name in (*settings.fields, *settings.book_wins.fields):
        if name not in known:
            raise Fatal(
                "settings_field",
                "The settings name a field {field} that does not exist.",
                hint="Write the kind and the field with a point between, such as equipment.serial.",
                field=name,
            )
    return EngineSettings(
        guard=GuardLimits(**settings.guard.model_dump()),
        fields={name: rule.model_dump(exclude_none=True) for name, rule in settings.fields.items()},
        restore_book=frozenset(settings.book_wins.fields),
        zone=book_zone(settings),
        requests=settings.requests,
        licences=settings.licences,
        budget=settings.budget,
        workdays=load_workdays(settings.calendar) if settings.budget else Workdays(),
        language=settings.language,
        feed=FeedSettings(**settings.feed.model_dump()) if settings.feed else None,
    )
