"""The equipment of the company: cards and quantity positions in the books, pieces on the desk, and the dirt on both.

The first cards carry one hand-made trap each (``TRAPS``), so every size has them all; the rest are ordinary, a third
of them with a number or a serial that was spoilt by hand.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from .company import Asset, Company, Position, Thing
from .dirt import INVENTORY, SERIAL, excel_power, serial_number, transliterated
from .words import FIXED, HOSTS, LOW_VALUE, PLACEHOLDERS, Model

__all__ = ["DESK_ONLY", "TRAPS", "furnish"]

#: Pieces that only the desk knows.
DESK_ONLY = 3

#: The number of the card (from 1) → what is wrong with it. ``week.py`` uses cards from 20 on and none of these.
TRAPS: dict[int, str] = {
    1: "group card",
    2: "no acceptance",
    3: "deletion mark",
    4: "written off",
    5: "no custodian",
    6: "custodian dismissed",
    7: "transliterated",
    8: "duplicate on the desk",
    9: "power of ten",
    10: "serial noise",
    11: "same serial twice",
    12: "same serial twice",
    13: "not on the desk",
    14: "not on the desk",
    15: "duplicate in the books",
    16: "duplicate in the books",
    17: "placeholder serial",
    18: "foreign attribute",
}


def furnish(company: Company, rng: random.Random, *, cards: int, units: int, single: int) -> Company:
    """``company`` with its equipment."""
    assets = tuple(_card(company, rng, n) for n in range(1, cards + 1))
    items = {f"item-{n}": model.book for n, model in enumerate(LOW_VALUE, 1)}
    positions = _positions(company, rng, units, single)
    things = [thing for n, asset in enumerate(assets, 1) for thing in _twins(company, rng, n, asset)]
    numbers = iter(range(1, units + 1))
    things += [thing for position in positions for thing in _pieces(company, rng, position, numbers)]
    things += [_stray(company, rng, n) for n in range(1, DESK_ONLY + 1)]
    return replace(company, assets=assets, items=items, positions=positions, things=tuple(things))


def _card(company: Company, rng: random.Random, n: int) -> Asset:
    organization = company.organizations[n % len(company.organizations)]
    model = FIXED[n % len(FIXED)]
    trap = TRAPS.get(n, "")
    custodian = rng.choice(company.staff(organization.key))
    asset = Asset(
        key=f"fa-{n:04d}",
        group=model.group,
        organization=organization.key,
        department=custodian.main.department,
        custodian=custodian.key,
        inventory=organization.pattern.format(100 + n),
        name=model.book,
        maker=model.maker,
        serial=serial_number(rng, model.prefix) if n % 5 == 0 else "",
        cost=Decimal(model.price) + Decimal(rng.randint(0, 99)) / 100,
        commissioned=company.today - timedelta(days=rng.randint(200, 2500)),
    )
    return _trapped_card(company, asset, trap)


def _trapped_card(company: Company, asset: Asset, trap: str) -> Asset:
    if trap == "group card":
        return replace(asset, name="Мониторы Dell P2723DE (10 шт.)", quantity=10, cost=Decimal("389900.00"))
    if trap == "no acceptance":
        return replace(asset, state="never")
    if trap == "deletion mark":
        return replace(asset, state="marked")
    if trap == "written off":
        return replace(asset, state="written_off")
    if trap == "no custodian":
        return replace(asset, custodian=None)
    if trap == "custodian dismissed":
        gone = next(p for p in company.people if p.main.dismissed)
        job = gone.main
        number = company.organization(job.organization).pattern.format(106)
        return replace(
            asset, organization=job.organization, department=job.department, custodian=gone.key, inventory=number
        )
    if trap == "transliterated":
        return _moved(company, asset, "org-1", "БП-000107")
    if trap == "duplicate in the books":
        return _moved(company, asset, "org-2", "ОС-000115")
    if trap == "serial noise":
        return replace(asset, serial="5CD8O12345")
    return asset


def _moved(company: Company, asset: Asset, organization: str, inventory: str) -> Asset:
    person = company.staff(organization)[0]
    return replace(
        asset,
        organization=organization,
        inventory=inventory,
        department=person.main.department,
        custodian=person.key,
    )


def _twins(company: Company, rng: random.Random, n: int, asset: Asset) -> list[Thing]:
    """The desk's view of card number ``n``: usually one piece, sometimes none or several."""
    trap = TRAPS.get(n, "")
    model = FIXED[n % len(FIXED)]
    thing = _thing(company, rng, n, asset, model)
    if trap in ("not on the desk", "deletion mark", "no acceptance") or (n > 40 and n % 23 == 0):
        return []
    if trap == "group card":
        pieces = [replace(thing, key=f"{thing.key}-{i}", label=f"mon-{i:02d}", model="P2723DE") for i in (1, 2, 3)]
        return [replace(p, inventory=f"{asset.inventory}/{i}", serial="") for i, p in enumerate(pieces, 1)]
    if trap == "duplicate on the desk":
        twin = replace(thing, key=f"{thing.key}-2", inventory=f"{thing.inventory} ", serial="", trap=trap)
        return [replace(thing, inventory=asset.inventory, trap=trap), replace(twin, inventory=f"№{asset.inventory}")]
    return [_spoil(rng, n, thing, asset, trap)]


def _spoil(rng: random.Random, n: int, thing: Thing, asset: Asset, trap: str) -> Thing:
    if trap == "transliterated":
        return replace(thing, inventory=transliterated(asset.inventory), trap=trap)
    if trap == "power of ten":
        return replace(thing, inventory=excel_power(asset.inventory), trap=trap)
    if trap == "serial noise":
        return replace(thing, inventory="ИТ-0077", serial="5CD80I2345", trap=trap)
    if trap == "same serial twice":
        return replace(thing, serial="PF3AKNWX7", trap=trap)
    if trap == "duplicate in the books":
        return replace(thing, inventory=asset.inventory if n == 15 else f"{asset.inventory}-2", trap=trap)
    if trap == "placeholder serial":
        return replace(thing, serial="To be filled by O.E.M.", trap=trap)
    if n > 40 and n % 31 == 0:
        return replace(thing, serial=rng.choice(PLACEHOLDERS), trap="placeholder serial")
    if trap == "" and n >= 30 and n % 3 == 0:
        name, spoil = INVENTORY[(n // 3) % len(INVENTORY)]
        return replace(thing, inventory=spoil(thing.inventory), trap=name)
    if trap == "" and n >= 30 and n % 7 == 0:
        name, spoil = SERIAL[(n // 7) % len(SERIAL)]
        return replace(thing, serial=spoil(thing.serial), trap=name)
    return thing


def _thing(company: Company, rng: random.Random, n: int, asset: Asset, model: Model) -> Thing:
    complete = n % 4 != 0
    user = rng.choice(company.staff(asset.organization))
    return Thing(
        key=f"thing-{n:04d}",
        of=asset.key,
        inventory=asset.inventory,
        label=f"{HOSTS[n % len(HOSTS)]}-{n:03d}",
        serial=asset.serial or serial_number(rng, model.prefix),
        model=model.desk,
        room=_room(company, rng),
        user=user.key if user.desk_name and n % 6 else None,
        status=_status(rng, n),
        organization=asset.organization,
        department=asset.department if complete else None,
        custodian=asset.custodian if complete else None,
        accounting="fixed_asset" if complete else "",
        notes="Гарантия до 2027 г." if n % 11 == 0 else "",
    )


def _status(rng: random.Random, n: int) -> str:
    return "in_use" if n < 40 else rng.choice(("in_use",) * 12 + ("in_stock", "in_stock", "faulty", "in_repair"))


def _room(company: Company, rng: random.Random) -> str | None:
    rooms = [place.key for place in company.places if place.on_desk]
    return rng.choice((*rooms, *rooms, None))


def _positions(company: Company, rng: random.Random, units: int, single: int) -> tuple[Position, ...]:
    """Quantity 1 first, then rows of 2 to 8; each organisation issues a few things a day on one document."""
    found: list[Position] = []
    left = units
    while left > 0:
        n = len(found) + 1
        quantity = 1 if n <= single else min(left, rng.randint(2, 8))
        organization = company.organizations[n % len(company.organizations)].key
        model = rng.randrange(len(LOW_VALUE))
        batch = f"issue-{organization}-{(n - 1) // 12}"
        issued = company.today - timedelta(days=200 + 17 * ((n - 1) // 12))
        person = rng.choice(company.staff(organization)).key
        price = Decimal(LOW_VALUE[model].price)
        found.append(Position(f"lv-{n:04d}", organization, f"item-{model + 1}", person, quantity, price, batch, issued))
        left -= quantity
    return tuple(found)


def _pieces(company: Company, rng: random.Random, position: Position, numbers: Iterator[int]) -> list[Thing]:
    """The desk keeps every unit apart, under its own sticker; now and then one was never entered."""
    index = int(position.item.removeprefix("item-")) - 1
    model = LOW_VALUE[index]
    found: list[Thing] = []
    for unit in range(position.quantity):
        n = next(numbers)
        if n % 19 == 0:
            continue
        found.append(
            Thing(
                key=f"unit-{n:04d}",
                of=position.key,
                inventory=f"IT-{n:04d}",
                label=f"{model.group.lower()}-{n:03d}",
                serial=serial_number(rng, model.prefix),
                model=model.desk,
                room=_room(company, rng),
                user=position.person,
                status="in_use",
                organization=position.organization,
                department=company.person(position.person).main.department,
                custodian=position.person if unit or n % 5 else None,
                accounting="low_value",
            )
        )
    return found


def _stray(company: Company, rng: random.Random, n: int) -> Thing:
    """A thing nobody ever put on the books."""
    return Thing(
        key=f"stray-{n}",
        of=None,
        inventory=f"TMP-{n}",
        label=f"stray-{n:02d}",
        serial=serial_number(rng, "ZZ"),
        model=FIXED[n].desk,
        room=_room(company, rng),
        user=None,
        status="in_stock",
        organization="org-1",
        department=None,
        custodian=None,
        notes="Личный, принёс сотрудник" if n == 1 else "",
        trap="not in the books",
    )
