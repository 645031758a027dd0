"""A week in the life of the company: what people do in both systems between the nightly runs.

Each day is a function of the two people and the company; it calls nothing of ours. The pieces it touches are ordinary
ones (cards from 20 on), three days of edits stay under the guard's shares in every organisation.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

from .book import MOVED, ZERO, acceptance, card, write_off
from .company import Asset, Company, Person, Thing, key_guid
from .people import Accountant, Specialist

__all__ = ["CONFLICT", "DAYS", "MOVES", "Day", "asset", "thing"]

MOVE = "Document_ПеремещениеОС"
CARDS = "Catalog_ОсновныеСредства"

#: Card number whose custodian goes to different people on both sides.
CONFLICT = 27
#: Cards moved on the desk, in the order in which drafts must appear.
MOVES = (26, 28)

#: What happens on a day, in words for the screen, and who does it.
Day = tuple[str, Callable[[Company, Accountant, Specialist], None]]


def asset(company: Company, number: int) -> Asset:
    return company.assets[number - 1]


def thing(company: Company, number: int) -> Thing:
    """The piece on the desk that is card ``number``."""
    return next(t for t in company.things if t.of == asset(company, number).key)


def _other(company: Company, number: int, step: int = 1) -> Person:
    """A colleague of the card's custodian, known on the desk by number, who has not got the thing."""
    piece = asset(company, number)
    others = [p for p in company.staff(piece.organization) if p.key != piece.custodian]
    return others[step % len(others)]


def _employee(desk: Specialist, person: Person) -> str:
    """The desk's record of a person: by now every one has the number from the books."""
    return desk.find("employee", "number", person.main.number)


def _department(desk: Specialist, company: Company, key: str) -> str:
    department = next(d for d in company.departments if d.key == key)
    organization = company.organization(department.organization)
    rows = desk.rows("department", ("name", "code", "organization"))
    home = desk.find("organization", "name", organization.name)
    found = [r for r in rows if r["code"] == department.code and str(r["organization"]) == home]
    return str(found[0]["id"])


def edits(company: Company, book: Accountant, desk: Specialist) -> None:
    """Day 2: ordinary corrections on both sides and one move."""
    desk.equipment(thing(company, 20).label, serial="PF4ZK77WX9")
    desk.equipment(thing(company, 21).label, model=f"{thing(company, 21).model} rev. 2")
    room = "каб. 205" if thing(company, 22).room != "place-7" else "каб. 204"
    desk.equipment(thing(company, 22).label, location=room)
    desk.equipment(thing(company, 24).label, status="in_repair", notes="Отдан в ремонт, блок питания")
    book.change(CARDS, key_guid(asset(company, 25).key), Description=f"{asset(company, 25).name} (3 этаж)")
    person = _other(company, 26)
    desk.equipment(thing(company, 26).label, custodian=_employee(desk, person))


def conflict(company: Company, book: Accountant, desk: Specialist) -> None:
    """Day 3: both sides give one laptop to different people; a new server is bought and accepted."""
    piece = asset(company, CONFLICT)
    book.enter(MOVE, move(piece, _other(company, CONFLICT, 1), book.now()))
    desk.equipment(thing(company, CONFLICT).label, custodian=_employee(desk, _other(company, CONFLICT, 2)))
    bought = new_asset(company, "new-server", "org-1", "БП-000900", "Сервер YADRO Vegman R120 G3", 1)
    accept(book, bought, len(company.assets) + 1)


def movement(company: Company, book: Accountant, desk: Specialist) -> None:
    """Day 4: a thing moves to another department; the accountant posts the draft of day 2."""
    person = next(p for p in company.staff(asset(company, 28).organization) if _elsewhere(company, p))
    desk.equipment(
        thing(company, 28).label,
        custodian=_employee(desk, person),
        department=_department(desk, company, person.main.department),
    )
    book.post(MOVE, str(book.drafts(MOVE)[0]["Ref_Key"]))


def _elsewhere(company: Company, person: Person) -> bool:
    return person.main.department != asset(company, 28).department


def trouble(company: Company, book: Accountant, desk: Specialist) -> None:
    """Day 5: a write-off, a number spoilt at the desk, and a number that the desk refuses as another company's."""
    book.enter("Document_СписаниеОС", write_off(asset(company, 29), book.now()))
    desk.equipment(thing(company, 31).label, inventory_number=f"инв. № {asset(company, 31).inventory.lower()}")
    taken = asset(company, 33).inventory  # an asset of the first organisation
    foreign = new_asset(company, "new-switch", "org-2", taken, "Коммутатор Eltex MES3324F", 2)
    accept(book, foreign, len(company.assets) + 2)


def move(piece: Asset, person: Person, moment: str) -> dict[str, object]:
    """ПеремещениеОС as the accountant enters it: both senders and both receivers are given."""
    return {
        "Date": moment,
        "Организация_Key": key_guid(piece.organization),
        "СобытиеОС_Key": MOVED,
        "ПодразделениеОрганизации_Key": key_guid(piece.department),
        "МОЛОрганизации_Key": key_guid(piece.custodian) if piece.custodian else ZERO,
        "ПодразделениеПолучатель_Key": key_guid(piece.department),
        "МОЛПолучатель_Key": key_guid(person.key),
        "НачислениеАмортизации": 0,
        "Ответственный_Key": key_guid("user-accountant"),
        "Комментарий": "Служебная записка № 12",
        "ОС": [{"LineNumber": "1", "ОсновноеСредство_Key": key_guid(piece.key), "Количество": 1}],
    }


def new_asset(company: Company, key: str, organization: str, inventory: str, name: str, number: int) -> Asset:
    person = company.staff(organization)[0]
    return replace(
        asset(company, 20),
        key=key,
        organization=organization,
        department=person.main.department,
        custodian=person.key,
        inventory=inventory,
        name=name,
        serial="",
        cost=Decimal("512300.00") + number,
        commissioned=company.today,
    )


def accept(book: Accountant, bought: Asset, number: int) -> None:
    """A card and a posted acceptance, dated now."""
    book.create(CARDS, card(bought, number))
    book.enter("Document_ПринятиеКУчетуОС", {**acceptance(bought), "Date": book.now()})


DAYS: tuple[Day, ...] = (
    ("corrections on both sides", edits),
    ("one laptop given to two people, and a new server", conflict),
    ("a move at the desk; the accountant posts a draft", movement),
    ("a write-off, a spoilt number, a record the desk refuses", trouble),
)
