"""What ``init`` writes: a settings file that explains itself, and passwords where nobody reads them by chance."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path

from ..connectors.base import Description, Preparation
from ..connectors.registry import Setting, available
from ..errors import Fatal
from ..i18n import N_, tr
from ..mappings.check import check as drift
from ..mappings.model import Side
from ..settings import Settings, keyring_entry
from .wiring import system_map

__all__ = ["SideAnswers", "keep_password", "needed", "prepare", "ready", "settings_text", "usual_mapping"]


@dataclass(frozen=True, slots=True)
class SideAnswers:
    """What a person said of one side. The password never reaches the file."""

    connector: str
    mapping: str
    url: str
    user: str = ""
    password: str = field(default="", repr=False)
    #: What only this connector asks for, by the name of the setting.
    extra: Mapping[str, str] = field(default_factory=dict)


_HEAD = N_("Settings of uchet. Environment variables UCHET_… win over this file. Passwords do not belong here:")
_WHERE = N_("set UCHET_BOOK_PASSWORD and UCHET_DESK_PASSWORD, or keep them in the keyring (keyring = true).")
_SIDES = {"book": N_("The books: 1C."), "desk": N_("The service desk.")}
_LANGUAGE = N_("Language of messages: ru or en.")
_STATE = N_("Where links, plans, questions and the journal are kept: a file beside this one, or a database URL.")
_TIMEOUT = N_("Seconds to wait for an answer, and simultaneous connections (each takes a licence in 1C):")
_NIGHTLY = N_(
    "When “uchet schedule” runs the nightly job and the reconciliation; an empty zone means this machine's own."
)
_GUARD = N_("Where a run stops and asks: shares of the records of one organisation and kind, and ceilings.")
_PROPERTIES = N_("Titles of the additional attributes in 1C, where they differ from ours:")
_FIELDS = N_(
    "Another owner of a field (book, desk, either), mode (sync, fill, once) or meaning of empty (ignore, clear):"
)


_ASKED = ("url", "user", "password")


def needed(connector: str) -> tuple[Setting, ...]:
    """What a connector cannot do without, beside address and login."""
    manifest = available().get(connector)
    return tuple(s for s in manifest.settings if s.required and s.name not in _ASKED) if manifest else ()


def usual_mapping(connector: str, known: Sequence[str], otherwise: str) -> str:
    """The mapping that a connector is used with: its manifest says so, or it has the connector's name."""
    manifest = available().get(connector)
    named = str(manifest.extra.get("mapping", "") if manifest else "") or connector
    return named if named in known else otherwise


def prepare(settings: Settings, side: Side) -> Preparation | None:
    """What the other system needs loaded into it, written beside the settings; ``None`` where its connector has nothing
    to give."""
    manifest = available().get(settings.side(side).connector)
    module, _, name = str(manifest.extra.get("setup", "") if manifest else "").partition(":")
    if manifest is None or not module:
        return None
    make = getattr(import_module(f"{manifest.package}.{module}"), name)
    made: Preparation = make((settings.path or Path("uchet.toml")).parent, settings.side(side).user)
    return made


def ready(settings: Settings, side: Side, described: Description) -> bool:
    """Whether everything the mapping names is there."""
    return not drift(system_map(settings, side), described.collections)


def settings_text(answers: Mapping[Side, SideAnswers], language: str, *, keyring: bool) -> str:
    """``uchet.toml`` with comments in ``language``."""

    def note(text: str) -> str:
        return f"# {tr(text, language)}"

    lines = [note(_HEAD), note(_WHERE), "", note(_LANGUAGE), f'language = "{language}"']
    lines += [note(_STATE), 'state = "uchet.db"', 'pair = "main"', ""]
    sides: tuple[Side, ...] = ("book", "desk")
    for side in sides:
        one = answers[side]
        lines += [note(_SIDES[side]), f"[{side}]"]
        lines += [f"{name} = {_quoted(getattr(one, name))}" for name in ("connector", "mapping", "url", "user")]
        lines += ["keyring = true"] if keyring and one.password else []
        lines += [note(_TIMEOUT), "# timeout = 60", "# connections = 1"]
        lines += ['# zone = "Europe/Moscow"'] if side == "book" else []
        lines += (
            [f"[{side}.extra]", *(f"{name} = {_quoted(one.extra[name])}" for name in one.extra)] if one.extra else []
        )
        lines += [""]
    lines += [note(_NIGHTLY), "[schedule]", 'nightly = "02:30"', 'reconcile = "04:30"', 'zone = ""', ""]
    lines += [note(_GUARD), "# [guard]", "# change_share = 0.10", "# change_from = 5", "# change_max = 500"]
    lines += ["# retire_share = 0.02", "# retire_from = 2", "# retire_max = 50", "# source_share = 0.80", ""]
    lines += [note(_PROPERTIES), "# [properties]", '# model = "ИТ: модель"', ""]
    lines += [note(_FIELDS), '# [fields."equipment.serial"]', '# owner = "desk"']
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    """A TOML basic string: JSON's escapes are a subset of TOML's."""
    return json.dumps(text, ensure_ascii=False)


def keep_password(pair: str, side: Side, password: str) -> None:
    """Put a password into the system's keyring. Raises ``Fatal`` where there is none."""
    import keyring
    from keyring.errors import KeyringError

    try:
        keyring.set_password(*keyring_entry(pair, side), password)
    except KeyringError as error:
        raise Fatal(
            "keyring_missing",
            "This machine has no keyring that can be used: {reason}.",
            hint="Answer no, and set UCHET_BOOK_PASSWORD and UCHET_DESK_PASSWORD in the environment.",
            reason=str(error),
        ) from error
