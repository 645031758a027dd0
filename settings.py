"""What an administrator decides: ``uchet.toml`` and the environment, read once into frozen typed settings.

The environment wins over the file (``UCHET_LANGUAGE``, ``UCHET_BOOK__URL``, ``UCHET_GUARD__CHANGE_MAX``…).
Passwords come from ``UCHET_BOOK_PASSWORD`` and ``UCHET_DESK_PASSWORD`` or, where the side says ``keyring = true``,
from the system's keyring; one in the file is refused unless ``allow_password_in_file = true``, because settings
files end up in backups and repositories. Wrong settings raise ``Fatal`` that names the file or the variable, the
field, the value (never a secret one) and what to do.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from datetime import date, time
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_core import ErrorDetails, PydanticCustomError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from .errors import Fatal
from .i18n import N_
from .purchase_rules import BudgetRule, LicenceRules, RequestRules

__all__ = [
    "BookWins",
    "FeedRule",
    "FieldRule",
    "GuardLimits",
    "MappingOverrides",
    "ReconcileRule",
    "ReserveRule",
    "ScheduleSettings",
    "Settings",
    "SideSettings",
    "keyring_entry",
    "load_settings",
    "settings_path",
]

KEYRING_SERVICE = "uchet"
FILE_NAME = "uchet.toml"

#: The beginning of pydantic's error type → what to do about it, in our words; the first that fits is used.
_ADVICE: tuple[tuple[str, str], ...] = (
    ("missing_signature", 'Say who allowed it and when: signed_by = "name", signed_on = 2026-11-22.'),
    ("missing", "It is required: add it to the file."),
    ("extra_forbidden", "There is no such setting: correct the name or remove it."),
    ("literal_error", "Expected one of: {expected}."),
    ("greater_than", "The number is too small."),
    ("less_than", "The number is too big."),
    ("int_", "Expected a whole number."),
    ("float_", "Expected a number."),
    ("bool_", "Expected true or false."),
    ("string_", "Expected text in quotes, not empty and not too long."),
    ("time_", 'Expected a time of day such as "02:30".'),
    ("date_", "Expected a date such as 2026-11-22."),
    ("tuple_", "Expected a list in square brackets."),
    ("model_", "Expected a section in square brackets."),
    ("mapping_", "Expected a section in square brackets."),
    ("zone", "There is no such time zone; expected a name such as Europe/Moscow."),
    ("url_secret", "An address must not hold a login or a password: put the login into user."),
    ("url", "Expected an address such as http://server/base."),
    ("field_name", "Expected a kind and a field with a point between, such as equipment.serial."),
)
_ANY_ADVICE = N_("Correct the value.")


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


def _zone(name: str) -> str:
    try:
        if name:
            ZoneInfo(name)
    except (OSError, ValueError, KeyError) as error:  # not found is a KeyError
        raise PydanticCustomError("zone", "no such time zone") from error
    return name


class SideSettings(_Part):
    """How one side is reached. ``timeout`` in seconds (``None``: as the connector likes it). ``zone`` names the zone
    of the side's wall clock (empty: the connector's own default).

    ``connections``: simultaneous connections allowed, each of which may take a licence on the other side.
    ``licences``: how many of them all processes on this state may hold at a time (``None``: not counted).
    ``changes``: kind → how its changes are found (what the connector offers beside reading everything).
    ``extra`` holds what only this connector knows (its manifest lists the names).
    """

    connector: str
    mapping: str
    url: str
    user: str = ""
    password: SecretStr | None = None
    keyring: bool = False
    timeout: float | None = Field(default=None, gt=0, le=3600)
    connections: int | None = Field(default=None, ge=1, le=32)
    licences: int | None = Field(default=None, ge=1, le=1000)
    zone: str = ""
    changes: Mapping[str, str] = Field(default_factory=dict)
    extra: Mapping[str, Any] = Field(default_factory=dict)

    _check_zone = field_validator("zone")(_zone)

    @field_validator("url")
    @classmethod
    def _check_url(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise PydanticCustomError("url", "not an address")
        if parts.username or parts.password:
            raise PydanticCustomError("url_secret", "an address with a login in it")
        return url.rstrip("/")


class ScheduleSettings(_Part):
    """When the jobs run: ``nightly`` and ``reconcile`` are wall-clock times in ``zone`` (empty: this machine's own)."""

    nightly: time = time(2, 30)
    reconcile: time = time(4, 30)
    zone: str = ""

    _check_zone = field_validator("zone")(_zone)


class GuardLimits(_Part):
    """Where the guard stops a plan, per organisation and kind. Shares are parts of one, ceilings are counts."""

    change_share: float = Field(default=0.10, ge=0, le=1)
    change_from: int = Field(default=5, ge=0)
    retire_share: float = Field(default=0.02, ge=0, le=1)
    retire_from: int = Field(default=2, ge=0)
    change_max: int = Field(default=500, ge=0)
    retire_max: int = Field(default=50, ge=0)
    source_share: float = Field(default=0.80, ge=0, le=1)


class FeedRule(_Part):
    """Movements of consumables cross from the day ``start``; ``group``: how the desk's events share a draft, by day and
    warehouse (and employee) or by ticket; ``most``: rows of one draft."""

    start: date
    group: Literal["day", "ticket"] = "day"
    most: int = Field(default=100, ge=1, le=1000)


class ReconcileRule(_Part):
    """``timing_days``: how long a movement may be on its way before it is a difference like any other."""

    timing_days: int = Field(default=14, ge=0, le=366)


class ReserveRule(_Part):
    """What a reserve of consumables is measured by, in days: ``lead_days`` from an order to the goods, ``safety_days``
    beyond that, ``cover_days`` that an order is to last, ``use_days`` over which the daily use is worked out."""

    lead_days: int = Field(default=14, ge=0, le=366)
    safety_days: int = Field(default=7, ge=0, le=366)
    cover_days: int = Field(default=30, ge=0, le=366)
    use_days: int = Field(default=90, ge=1, le=366)


class FieldRule(_Part):
    """Another owner, mode or meaning of empty for one field; what is ``None`` stays as the model says."""

    owner: Literal["book", "desk", "either"] | None = None
    mode: Literal["sync", "fill", "once"] | None = None
    empty: Literal["ignore", "clear"] | None = None


class MappingOverrides(_Part):
    """Names that differ from the shipped mapping: dotted path in its TOML → the value to use instead."""

    book: Mapping[str, Any] = Field(default_factory=dict)
    desk: Mapping[str, Any] = Field(default_factory=dict)


class BookWins(_Part):
    """Fields where the desk's value may be restored over an accountant's edit, and who signed for that."""

    fields: tuple[str, ...] = ()
    signed_by: str = ""
    signed_on: date | None = None

    @model_validator(mode="after")
    def _signed(self) -> BookWins:
        if self.fields and not (self.signed_by.strip() and self.signed_on):
            raise PydanticCustomError("missing_signature", "not signed")
        return self


class Settings(BaseSettings):
    """Everything a run needs to know. ``path`` is the file it was read from."""

    model_config = SettingsConfigDict(
        env_prefix="UCHET_",
        env_nested_delimiter="__",
        frozen=True,
        extra="forbid",
        hide_input_in_errors=True,
    )

    language: Literal["ru", "en"] = "ru"
    state: str = "uchet.db"
    pair: str = Field(default="main", min_length=1, max_length=60)
    allow_password_in_file: bool = False
    book: SideSettings
    desk: SideSettings
    schedule: ScheduleSettings = ScheduleSettings()
    guard: GuardLimits = GuardLimits()
    requests: RequestRules = RequestRules()
    licences: LicenceRules = LicenceRules()
    budget: BudgetRule | None = None
    fields: Mapping[str, FieldRule] = Field(default_factory=dict)
    mapping: MappingOverrides = MappingOverrides()
    properties: Mapping[str, str] = Field(default_factory=dict)
    book_wins: BookWins = BookWins()
    feed: FeedRule | None = None
    reconcile: ReconcileRule = ReconcileRule()
    reserve: ReserveRule = ReserveRule()
    path: Path | None = None

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return env_settings, init_settings

    @field_validator("fields")
    @classmethod
    def _dotted(cls, fields: Mapping[str, FieldRule]) -> Mapping[str, FieldRule]:
        if any(len(name.split(".")) != 2 for name in fields):
            raise PydanticCustomError("field_name", "not a field")
        return fields

    @property
    def state_url(self) -> str | Path:
        """Where the state is kept: a database URL, or a path (a relative one starts at the settings file's folder)."""
        if "://" in self.state or self.state == ":memory:":
            return self.state
        return (self.path.parent if self.path else Path()) / Path(self.state).expanduser()

    @property
    def calendar(self) -> Path | None:
        """The company's own file of working days, where it names one."""
        named = self.budget.calendar if self.budget else ""
        return (self.path.parent if self.path else Path()) / Path(named).expanduser() if named else None

    def side(self, name: str) -> SideSettings:
        """The settings of ``"book"`` or ``"desk"``."""
        return self.book if name == "book" else self.desk


def settings_path(given: Path | None = None) -> Path:
    """The settings file: the one given, ``UCHET_SETTINGS``, or ``uchet.toml`` in the current folder."""
    return Path(given or os.environ.get("UCHET_SETTINGS") or FILE_NAME)


def load_settings(path: Path | None = None) -> Settings:
    """Settings from ``path`` (see ``settings_path``) and the environment. Raises ``Fatal`` in plain words."""
    path = settings_path(path)
    data = _read(path)
    _refuse_passwords(path, data)
    for side in ("book", "desk"):
        if isinstance(section := data.get(side, {}), dict):
            data[side] = _with_password(side, section, os.environ.get("UCHET_PAIR", str(data.get("pair", "main"))))
    try:
        return Settings(**data).model_copy(update={"path": path.resolve()})
    except ValidationError as error:
        raise _fatal(path, error.errors()[0], data) from None


def keyring_entry(pair: str, side: str) -> tuple[str, str]:
    """Service and user name under which the keyring holds the password of a side."""
    return KEYRING_SERVICE, f"{pair}/{side}"


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise Fatal(
            "settings_missing",
            "There is no settings file {file}.",
            hint="Run “uchet init”, or name the file with --settings.",
            file=str(path),
        ) from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise Fatal(
            "settings_unreadable",
            "The settings file {file} cannot be read: {reason}.",
            hint="Correct that place; text values stand in quotes, the file is saved as UTF-8.",
            file=str(path),
            reason=str(error),
        ) from None


def _refuse_passwords(path: Path, data: Mapping[str, Any]) -> None:
    for side in ("book", "desk"):
        section = data.get(side, {})
        if isinstance(section, dict) and section.get("password") and data.get("allow_password_in_file") is not True:
            raise Fatal(
                "settings_password_in_file",
                "{file} holds a password in [{side}], where backups and colleagues will see it.",
                hint="Remove it and set the environment variable {variable}, or keep it in the keyring by "
                "“uchet init”; allow_password_in_file = true permits it knowingly.",
                file=str(path),
                side=side,
                variable=f"UCHET_{side.upper()}_PASSWORD",
            )


def _with_password(side: str, section: Mapping[str, Any], pair: str) -> dict[str, Any]:
    section = dict(section)
    if password := os.environ.get(f"UCHET_{side.upper()}_PASSWORD"):
        section["password"] = password
    elif section.get("keyring") is True:
        import keyring  # a slow import, and one that may talk to the desktop: only where asked for
        from keyring.errors import KeyringError

        try:
            password = keyring.get_password(*keyring_entry(pair, side))
        except KeyringError:
            password = None
        if password is None:
            raise Fatal(
                "settings_keyring",
                "The keyring holds no password for [{side}] of the pair “{pair}”.",
                hint="Run “uchet init” again, or set the environment variable {variable}.",
                side=side,
                pair=pair,
                variable=f"UCHET_{side.upper()}_PASSWORD",
            )
        section["password"] = password
    return section


def _fatal(path: Path, error: ErrorDetails, data: Mapping[str, Any]) -> Fatal:
    """One pydantic complaint in our words: where it stands, what stands there, what to do."""
    names = [str(part) for part in error["loc"]]
    variable = "UCHET_" + "__".join(names).upper()
    value: Any = data
    for name in names:
        value = value.get(name, "") if isinstance(value, Mapping) else value
    place, value = (variable, os.environ[variable]) if variable in os.environ else (str(path), value)
    secret = error["type"] == "url_secret" or any("password" in name or name == "extra" for name in names)
    return Fatal(
        "settings_wrong",
        "{place}: the setting {field} is wrong ({value}).",
        hint=next((advice for start, advice in _ADVICE if error["type"].startswith(start)), _ANY_ADVICE),
        place=place,
        field=".".join(names) or "—",
        value="•••" if secret else "—" if value in ("", {}) else value,
        expected=(error.get("ctx") or {}).get("expected", ""),
    )
