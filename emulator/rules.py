"""What happens around a write inside БП: user defaults, numbering, handlers, and the closed period."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

from .base import Base, russian_date
from .store import Body
from .values import EMPTY_DATE, ZERO, fresh_guid
from .wire import business

__all__ = [
    "SECTION",
    "account",
    "assign_number",
    "before_write",
    "check_closed",
    "closed_until",
    "fill_defaults",
    "rounded",
]

#: The vendor's key of the section «Бухгалтерский учет» of closing dates, the same in every base.
SECTION: Final = "942d99dc-3fa8-478d-8e93-6d1c26536c6c"
_REGISTER = "InformationRegister_ДатыЗапретаИзменения"


def fill_defaults(base: Base, collection: str, new: Body, given: Body) -> None:
    """Fill header attributes that the body leaves out with the user's defaults; sent ones, even empty, are kept."""
    if not collection.startswith("Document_"):
        return
    for name, value in base.store.meta("user_defaults", {}).items():
        if name in new and name not in given:
            new[name] = value
    if "Ответственный_Key" in new and "Ответственный_Key" not in given and new["Ответственный_Key"] == ZERO:
        new["Ответственный_Key"] = user_key(base) or ZERO
    if new.get("Date") == EMPTY_DATE:
        new["Date"] = base.clock().replace(microsecond=0).isoformat()


def user_key(base: Base) -> str | None:
    """The reference of the user whose login this server asks for."""
    if base.user is None or base.model.type_of("Catalog_Пользователи") is None:
        return None
    rows = base.store.all("Catalog_Пользователи")
    return next((row["Ref_Key"] for row in rows if row["Description"] == base.user), None)


def assign_number(base: Base, collection: str, new: Body) -> None:
    """Give the next Code or Number where none was sent: the organisation's prefix, per year for documents."""
    if "Number" in new and not new["Number"]:
        owner = base.follow("Catalog_Организации", new.get("Организация_Key", ZERO))
        prefix = str((owner or {}).get("Префикс") or "")[:4].rjust(4, "0")
        count = _next(base, f"{collection}:{new['Date'][:4]}:{prefix}")
        new["Number"] = f"{prefix}-{count:06d}"
    elif "Code" in new and not str(new["Code"]).strip() and isinstance(new["Code"], str):
        prop = base.kind(collection).properties["Code"]
        width = abs(prop.length or 9)
        new["Code"] = f"00-{_next(base, collection):0{max(width - 3, 1)}d}"[:width]


def _next(base: Base, name: str) -> int:
    count = int(base.store.meta(f"number:{name}", 0)) + 1
    base.store.set_meta(f"number:{name}", count)
    return count


def before_write(base: Base, collection: str, new: Body) -> None:
    """Handlers of documents: the server's own changes of what was sent."""
    if collection == "Document_ПеремещениеОС" and new["СобытиеОС_Key"] == ZERO:
        new["СобытиеОС_Key"] = _event(base, "ВнутреннееПеремещение", "Внутреннее перемещение")
    if collection == "Document_ТребованиеНакладная":
        new["ВидОперации"] = new["ВидОперации"] or "ИспользованиеМатериалов"
        if new["ВидОперации"] == "ПередачаСотруднику":
            new["СпособУчетаМатериаловПоСотруднику"] = new["СпособУчетаМатериаловПоСотруднику"] or "Расход"
    if collection == "Document_ПеремещениеТоваров" and "ВидОперации" in new:
        new["ВидОперации"] = new["ВидОперации"] or "ПередачаМеждуСкладами"
        new["Материалы" if new["ВидОперации"] == "ПередачаМеждуСкладами" else "Товары"] = []
    if collection == "Document_СписаниеТоваров":
        new["ВидОперации"] = new["ВидОперации"] or "СписаниеСоСклада"
        new["Материалы" if new["ВидОперации"] == "СписаниеСоСклада" else "Товары"] = []
    _fill_rows(base, collection, new)


def _fill_rows(base: Base, collection: str, new: Body) -> None:
    total = Decimal(0)
    stock = account(base, "10.09") if base.switches.fill_accounts else None
    if collection in _SELF_FILLING and stock and new.get("СчетУчета_Key") == ZERO:
        new["СчетУчета_Key"] = stock
    for part in [name for name, value in new.items() if isinstance(value, list)]:
        rows = []
        for row in new[part]:
            row = dict(row)
            for name in ("ИдентификаторСтроки", "КлючСтроки"):
                if name in row and not row[name]:
                    row[name] = fresh_guid()
            if collection in _SELF_FILLING and stock:
                for name in ("СчетУчета_Key", "НовыйСчетУчета_Key", "Счет_Key"):
                    if row.get(name) == ZERO:
                        row[name] = stock
            if "Сумма" in row:
                total += Decimal(row["Сумма"] or 0)
            rows.append(row)
        new[part] = rows
    if "СуммаДокумента" in new and "Товары" in new:
        new["СуммаДокумента"] = total


_SELF_FILLING = (
    "Document_ТребованиеНакладная",
    "Document_ПеремещениеТоваров",
    "Document_СписаниеТоваров",
    "Document_ОприходованиеТоваров",
    "Document_ИнвентаризацияТоваровНаСкладе",
    "Document_КомплектацияНоменклатуры",
)


def rounded(base: Base, register: str, period: str) -> str:
    """A record's period as its register keeps it: the beginning of the day, month, quarter or year."""
    every = base.model.periods.get(register.removesuffix("_RecordType"), "")
    if every not in ("day", "month", "quarter", "year"):
        return period
    month = int(period[5:7])
    first = {"year": 1, "quarter": (month - 1) // 3 * 3 + 1}.get(every, month)
    return f"{period[:4]}-{first:02d}-{period[8:10] if every == 'day' else '01'}T00:00:00"


def account(base: Base, code: str) -> str | None:
    """The key of an account by its code."""
    if base.model.type_of("ChartOfAccounts_Хозрасчетный") is None:
        return None
    rows = base.store.all("ChartOfAccounts_Хозрасчетный")
    return next((row["Ref_Key"] for row in rows if row["Code"] == code), None)


def _event(base: Base, kind: str, name: str) -> str:
    for row in base.store.all("Catalog_СобытияОС"):
        if row["ВидСобытияОС"] == kind and not row["DeletionMark"]:
            return str(row["Ref_Key"])
    new = base.blank(base.kind("Catalog_СобытияОС"))
    new.update(Ref_Key=fresh_guid(), DataVersion=base.next_version(), Description=name, ВидСобытияОС=kind)
    assign_number(base, "Catalog_СобытияОС", new)
    base.store.put("Catalog_СобытияОС", new["Ref_Key"], new)
    return str(new["Ref_Key"])


def check_closed(base: Base, collection: str, old: Body | None, new: Body | None, *, posting: bool = False) -> None:
    """Refuse a write whose old or new date is closed, posted or not; raises 500 with code -1 (recipe of typical БП)."""
    if not collection.startswith("Document_") or not base.constant("ИспользоватьДатыЗапретаИзменения"):
        return
    for version in (old, new):
        if version is None or "Date" not in version:
            continue
        if base.switches.closed_drafts and not version.get("Posted") and not posting:
            continue
        until = closed_until(base, version.get("Организация_Key", ZERO))
        if until is not None and version["Date"][:10] <= until.isoformat():
            raise business(_refusal(base, collection, version, old, new, until))


def _refusal(base: Base, collection: str, version: Body, old: Body | None, new: Body | None, until: date) -> str:
    title = base.title(collection, version)
    if base.switches.plain_refusal:
        return f'Не удалось записать: "{title}"!'
    if new is None:
        what = f"{title} невозможно удалить в запрещенном периоде."
    elif version is old:
        what = f"{title} невозможно изменить в запрещенном периоде."
    else:
        what = f"{title} невозможно поместить в запрещенный период."
    return f"{what}\nЗапрещено изменять данные с датой ранее {russian_date(until.isoformat())} (включительно)."


def closed_until(base: Base, organization: str) -> date | None:
    """The last closed day for an organisation: section and organisation, then section, then the common date."""
    if base.model.type_of(_REGISTER) is None:
        return None
    rows, user = base.store.all(_REGISTER), user_key(base)
    for section, thing in ((SECTION, organization), (SECTION, SECTION), (ZERO, ZERO)):
        for wanted in (user, "ДляВсехПользователей"):
            for row in rows:
                if wanted and row["Раздел_Key"] == section and row["Пользователь"] == wanted and _thing(row) == thing:
                    return _effective(base, row)
    return None


def _thing(row: Body) -> str:
    return row["Объект"] or ZERO


def _effective(base: Base, row: Body) -> date:
    lines = str(row["ОписаниеДатыЗапрета"]).split("\n")
    today = base.clock().date()
    kind, days = lines[0].strip(), int(lines[1]) if len(lines) > 1 and lines[1].strip().isdigit() else 0
    boundary = _boundary(kind, today)
    if boundary is None:
        return date.fromisoformat(row["ДатаЗапрета"][:10])
    if days and today <= boundary + timedelta(days=days):
        return _boundary(kind, boundary) or boundary
    return boundary


def _boundary(kind: str, today: date) -> date | None:
    day = timedelta(days=1)
    starts: dict[str, Any] = {
        "КонецПрошлогоГода": today.replace(month=1, day=1),
        "КонецПрошлогоКвартала": today.replace(month=(today.month - 1) // 3 * 3 + 1, day=1),
        "КонецПрошлогоМесяца": today.replace(day=1),
        "КонецПрошлойНедели": today - timedelta(days=today.weekday()),
        "ПредыдущийДень": today,
    }
    start = starts.get(kind)
    return start - day if start else None
