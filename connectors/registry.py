"""Which connectors there are: folders below this one and packages installed with an entry point.

A manifest is read with ``ast.literal_eval`` and never executed, so listing the connectors runs no foreign code;
a connector's module is imported only when one is created. Outside packages announce themselves in the entry point
group ``uchet.connectors``: name = the connector's name, value = its package (which holds ``__manifest__.py``).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, cast

from ..errors import Fatal
from .base import Capabilities, Connector

__all__ = ["GROUP", "Manifest", "Setting", "available", "create", "parse_manifest"]

GROUP = "uchet.connectors"
QUALITY = ("experimental", "beta", "proven")
_FILE = "__manifest__.py"
_EMPTY: Mapping[str, Any] = MappingProxyType({})

#: A connector can stand for the books, for the desk, or for both.
Side = Literal["book", "desk"]
SettingType = Literal["str", "int", "float", "bool", "path", "map"]
_TYPES: Mapping[str, tuple[type, ...]] = MappingProxyType(
    {"str": (str,), "int": (int,), "float": (int, float), "bool": (bool,), "path": (str, Path), "map": (dict,)}
)


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting of a connector. ``secret`` ones come from the environment or the keyring, never from the file."""

    name: str
    type: SettingType
    ru: str
    en: str
    required: bool = False
    secret: bool = False
    default: Any = None
    choices: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a connector says of itself. ``module`` and ``cls`` name the class; ``package`` is where it lives."""

    name: str
    ru: str
    en: str
    version: str
    kinds: frozenset[Side]
    package: str
    module: str
    cls: str
    capabilities: Capabilities
    settings: tuple[Setting, ...]
    external_dependencies: tuple[str, ...] = ()
    tested_with: tuple[str, ...] = ()
    quality: str = "experimental"
    extra: Mapping[str, Any] = field(default_factory=lambda: _EMPTY)


def available() -> dict[str, Manifest]:
    """Every connector by name. Raises ``Fatal`` where a manifest is wrong or two connectors share a name."""
    found: dict[str, Manifest] = {}
    for package, path in _places():
        manifest = parse_manifest(path.read_text(encoding="utf-8"), package, str(path))
        if manifest.name in found:
            raise _wrong(str(path), f"the name {manifest.name!r} is taken by {found[manifest.name].package}")
        found[manifest.name] = manifest
    return dict(sorted(found.items()))


def create(name: str, settings: Mapping[str, Any], secrets: Mapping[str, str] = _EMPTY) -> Connector:
    """The connector ``name`` with these settings; secrets are given apart so that the settings may be shown."""
    manifests = available()
    if name not in manifests:
        raise Fatal(
            "connector_unknown",
            "There is no connector called {name}.",
            hint="Known connectors: {known}.",
            name=name,
            known=", ".join(manifests),
        )
    manifest = manifests[name]
    values = _checked(manifest, settings, secrets)
    cls = getattr(import_module(f"{manifest.package}.{manifest.module}"), manifest.cls)
    return cast(Connector, cls(**values))


def parse_manifest(text: str, package: str, origin: str) -> Manifest:
    """The manifest in ``text``. Raises ``Fatal`` that names ``origin`` and what is wrong there."""
    try:
        raw = ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError) as error:
        raise _wrong(origin, "it must be one dict literal") from error
    if not isinstance(raw, dict):
        raise _wrong(origin, "it must be one dict literal")
    taken = {key: raw.pop(key, None) for key in _KEYS}
    missing = [key for key in _REQUIRED if taken[key] in (None, "")]
    if missing:
        raise _wrong(origin, f"{', '.join(missing)} missing")
    try:
        return _manifest(taken, raw, package)
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        raise _wrong(origin, str(error)) from error


_REQUIRED = ("name", "title", "version", "kinds", "connector")
_KEYS = (*_REQUIRED, "capabilities", "settings", "external_dependencies", "tested_with", "quality")


def _manifest(taken: Mapping[str, Any], extra: Mapping[str, Any], package: str) -> Manifest:
    module, _, cls = str(taken["connector"]).partition(":")
    if not module or not cls.isidentifier():
        raise ValueError("connector must be 'module:Class'")
    kinds = frozenset(taken["kinds"])
    if not kinds or not kinds <= {"book", "desk"}:
        raise ValueError("kinds must be some of 'book', 'desk'")
    quality = taken["quality"] or QUALITY[0]
    if quality not in QUALITY:
        raise ValueError(f"quality must be one of {', '.join(QUALITY)}")
    title = taken["title"]
    return Manifest(
        name=str(taken["name"]),
        ru=str(title["ru"]),
        en=str(title["en"]),
        version=str(taken["version"]),
        kinds=cast("frozenset[Side]", kinds),
        package=package,
        module=module,
        cls=cls,
        capabilities=Capabilities(**(taken["capabilities"] or {})),
        settings=tuple(_setting(name, spec) for name, spec in (taken["settings"] or {}).items()),
        external_dependencies=tuple(taken["external_dependencies"] or ()),
        tested_with=tuple(taken["tested_with"] or ()),
        quality=quality,
        extra=MappingProxyType(dict(extra)),
    )


def _setting(name: str, spec: Mapping[str, Any]) -> Setting:
    made = Setting(name, **{**spec, "choices": tuple(spec.get("choices", ()))})
    if made.type not in _TYPES:
        raise ValueError(f"setting {name}: type must be one of {', '.join(_TYPES)}")
    if made.default is not None and not _fits(made, made.default):
        raise ValueError(f"setting {name}: the default does not fit the type")
    return made


def _fits(setting: Setting, value: Any) -> bool:
    if isinstance(value, bool) and setting.type != "bool":
        return False
    return isinstance(value, _TYPES[setting.type]) and (not setting.choices or value in setting.choices)


def _checked(manifest: Manifest, settings: Mapping[str, Any], secrets: Mapping[str, str]) -> dict[str, Any]:
    """The settings to create the connector with, defaults filled in. A wrong one raises ``Fatal`` by its name."""
    known = {s.name: s for s in manifest.settings}
    given = {**settings, **secrets}
    for name in given:
        if name not in known:
            raise _setting_error(manifest, name, "The connector {connector} has no setting {setting}.")
    for name, setting in known.items():
        if setting.secret and name in settings:
            raise _setting_error(manifest, name, "The secret {setting} of {connector} stands among open settings.")
        value = given.get(name)
        if value in (None, "") and setting.required:
            raise _setting_error(manifest, name, "The setting {setting} of {connector} is missing.")
        if value is not None and not _fits(setting, value):
            raise _setting_error(manifest, name, "The setting {setting} of {connector} has a wrong value.")
    return {name: given.get(name, s.default) for name, s in known.items() if given.get(name, s.default) is not None}


def _setting_error(manifest: Manifest, name: str, template: str) -> Fatal:
    return Fatal(
        "setting",
        template,
        hint="Correct it in uchet.toml; secrets belong in the environment or the keyring.",
        setting=name,
        connector=manifest.name,
    )


def _places() -> Iterator[tuple[str, Path]]:
    """Package name and manifest file of every connector."""
    here = Path(__file__).parent
    for path in sorted(here.glob(f"**/{_FILE}")):
        yield ".".join((str(__package__), *path.parent.relative_to(here).parts)), path
    for point in sorted(entry_points(group=GROUP), key=lambda p: p.name):
        yield point.module, _outside(point)


def _outside(point: EntryPoint) -> Path:
    """The manifest file of an installed package, found without importing the package itself."""
    try:
        spec = find_spec(point.module)
    except ImportError as error:
        raise _wrong(point.value, "the package is not there") from error
    for place in (spec.submodule_search_locations or []) if spec else []:
        path = Path(place) / _FILE
        if path.is_file():
            return path
    raise _wrong(point.value, f"no {_FILE} in the package")


def _wrong(origin: str, problem: str) -> Fatal:
    return Fatal(
        "manifest",
        "The connector manifest {origin} is wrong: {problem}.",
        hint="Correct the manifest or remove the connector.",
        origin=origin,
        problem=problem,
    )
