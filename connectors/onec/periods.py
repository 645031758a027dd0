"""The closed period (дата запрета изменения), read from 1C so that a refusal is known before the write.

The check of typical configurations runs before every write of a document, posted or not, against both its stored and
its new date. Which date holds: the section and the organisation, then the section, then the common date; in each for
the user himself, then for everybody. A relative date («КонецПрошлогоМесяца» and its like) moves with today, and for
some days after the boundary the one before it still holds. Rows of groups of users are not read: they may allow more or
less, which the refusal then tells.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import structlog

from ...errors import Blocked, Fatal
from . import url
from .metadata import Index
from .transport import Transport
from .values import ZERO

__all__ = ["SECTION", "ClosedPeriods"]

log = structlog.get_logger(__name__)

#: The vendor's key of the section «Бухгалтерский учет», the same in every base.
SECTION = "942d99dc-3fa8-478d-8e93-6d1c26536c6c"
_SWITCH, _DATES = "Constant_ИспользоватьДатыЗапретаИзменения", "InformationRegister_ДатыЗапретаИзменения"
_USERS, _ALL = "Catalog_Пользователи", "ДляВсехПользователей"
_EXPLICIT = re.compile(r"\d{4}-\d\d-\d\d")


@dataclass(slots=True)
class ClosedPeriods:
    """``given``: last closed days that the administrator states for bases that do not publish theirs (organisation's
    key or ``*`` → ISO date). ``today`` is the base's wall clock."""

    transport: Transport
    index: Callable[[], Index]
    user: str
    given: Mapping[str, str]
    today: Callable[[], date]
    #: The base was found to let unposted drafts pass.
    drafts_pass: bool = False
    _rows: list[dict[str, Any]] | None = field(default=None, init=False)
    _me: str = field(default="", init=False)

    def forget(self) -> None:
        """Read the dates anew before the next write."""
        self._rows = None

    def until(self, organization: str | None) -> date | None:
        """The last closed day of an organisation; ``None`` where none is known."""
        if self._rows is None:
            self._rows = self._load()
        own = organization or ZERO
        for section, thing in ((SECTION, own), (SECTION, SECTION), (ZERO, ZERO)):
            for user in (self._me, _ALL):
                for row in self._rows if user else ():
                    same = str(row.get("Раздел_Key")).lower() == section and row.get("Пользователь") == user
                    if same and (str(row.get("Объект") or ZERO).lower()) == thing:
                        return _effective(row, self.today())
        stated = self.given.get(own) or self.given.get("*")
        return date.fromisoformat(stated) if stated else None

    def check(self, collection: str, *versions: Mapping[str, Any], posting: bool = False) -> None:
        """Raises ``Blocked`` ("closed_period") where the stored or the new version of a document lies in one."""
        if not collection.startswith("Document_") or (self.drafts_pass and not posting):
            return
        for version in versions:
            day = str(version.get("Date") or "")[:10]
            until = self.until(version.get("Организация_Key")) if _EXPLICIT.fullmatch(day) else None
            if until is not None and date.fromisoformat(day) <= until:
                raise closed(until)

    def _load(self) -> list[dict[str, Any]]:
        """The register's rows; none where it is not published, not readable or not switched on."""
        sets = self.index().sets
        if _DATES not in sets:
            return []
        try:
            if _SWITCH in sets:
                switch = self.transport.rows(url.segment(_SWITCH), what=_SWITCH)
                if not any(row.get("Value") for row in switch):
                    return []
            rows = self.transport.rows(url.segment(_DATES), what=_DATES)
            if self.user and _USERS in sets:
                query = url.options(_filter=f"Description eq {url.text(self.user)}", _select="Ref_Key,Description")
                # Most bases compare without case: another user may be called alike.
                found = self.transport.rows(url.segment(_USERS), query, what=_USERS)
                mine = [row for row in found if str(row.get("Description") or "").rstrip() == self.user]
                self._me = str(mine[0]["Ref_Key"]) if mine else ""
            return rows
        except (Blocked, Fatal) as error:
            # Without rights to them nothing is known beforehand; 1C's own refusal is recognised all the same.
            log.info("closing_dates_unread", code=error.code)
            return []


def closed(until: date) -> Blocked:
    """The refusal of ours, with the last closed day."""
    return Blocked(
        "closed_period",
        "1C refuses: the date lies in a closed period.",
        hint="Move the date to an open period or ask the accountant to open it.",
        evidence={"closed_until": until.isoformat()},
        until=until.isoformat(),
    )


def _effective(row: Mapping[str, Any], today: date) -> date:
    lines = str(row.get("ОписаниеДатыЗапрета") or "").split("\n")
    grace = int(lines[1]) if len(lines) > 1 and lines[1].strip().isdigit() else 0
    boundary = _boundary(lines[0].strip(), today)
    if boundary is None:
        return datetime.fromisoformat(str(row["ДатаЗапрета"])).date()
    if grace and today <= boundary + timedelta(days=grace):
        return _boundary(lines[0].strip(), boundary) or boundary
    return boundary


def _boundary(kind: str, today: date) -> date | None:
    """The last day before the running year, quarter, month or week, or yesterday."""
    first = {
        "КонецПрошлогоГода": today.replace(month=1, day=1),
        "КонецПрошлогоКвартала": today.replace(month=(today.month - 1) // 3 * 3 + 1, day=1),
        "КонецПрошлогоМесяца": today.replace(day=1),
        "КонецПрошлойНедели": today - timedelta(days=today.weekday()),
        "ПредыдущийДень": today,
    }.get(kind)
    return first - timedelta(days=1) if first else None
