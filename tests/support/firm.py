"""A tiny company, night by night: the 1C emulator and a real Roundup in this process, and the engine between them.

Two organisations, four departments, six people, twelve fixed assets with posted acceptances, three МЦ.04 positions and
their desk twins. The clock is ours: each night is another day, so the accountant's documents have days of their own.
What is asserted is read from the two servers, past the engine.
"""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from uchet.connectors.http import Retries
from uchet.connectors.onec.odata import OnecConnector
from uchet.connectors.roundup.connector import RoundupConnector
from uchet.connectors.roundup.server import Desk, install, seed
from uchet.emulator import Emulator
from uchet.emulator.base import register_key
from uchet.emulator.defaults import known_key
from uchet.emulator.world import World
from uchet.jobs.demo.people import Specialist
from uchet.jobs.demo.servers import free_ports
from uchet.mappings.load import load_system
from uchet.mappings.system import SystemMap
from uchet.sync.engine import Engine
from uchet.sync.pair import EngineSettings, GuardLimits, Pair
from uchet.sync.resync import Resync
from uchet.sync.store import IssueRow, Store
from uchet.sync.types import Run

ZONE = ZoneInfo("Europe/Moscow")
ZERO = "00000000-0000-0000-0000-000000000000"
PASSWORDS = {"admin": "firm-admin", "uchet": "firm-uchet"}
PAIR = "firm"
EQUIPMENT = (
    *("inventory_number", "book_name", "accounting", "organization", "department", "custodian", "commissioned"),
    *("cost", "serial", "model", "location", "user", "status", "notes"),
)
CARD, MOVE = "Catalog_ОсновныеСредства", "Document_ПеремещениеОС"
#: A company of a dozen things: shares mean nothing here, the tests of the guard set their own limits.
LIMITS = GuardLimits(change_share=1, retire_share=1, source_share=0.8)
ORGANIZATIONS = {"rose": ("ООО «Роза»", "7701000001"), "lily": ("ООО «Лилия»", "7701000002")}
DEPARTMENTS = {
    "books": ("Бухгалтерия", "rose"),
    "it": ("Отдел ИТ", "rose"),
    "shop": ("Магазин", "lily"),
    "store": ("Склад", "lily"),
}
PEOPLE = {
    "anna": ("Андреева Анна Антоновна", "books"),
    "boris": ("Борисов Борис Богданович", "it"),
    "vera": ("Волкова Вера Викторовна", "it"),
    "gleb": ("Гусев Глеб Григорьевич", "books"),
    "dina": ("Дмитриева Дина Денисовна", "shop"),
    "egor": ("Егоров Егор Егорович", "store"),
}
#: asset → (department, responsible person); "10" has nobody.
ASSETS = {
    **{f"{n:02}": ("books", "anna") for n in range(1, 7)},
    **{f"{n:02}": ("it", "boris") for n in range(7, 10)},
    "10": ("it", None),
    "11": ("shop", "dina"),
    "12": ("store", "egor"),
}
#: position → (item, person, quantity); each a batch of its own.
POSITIONS = {"p1": ("Телефон Panasonic", "anna", 1), "p2": ("Стул Престиж", "boris", 1), "p3": ("Лампа", "vera", 3)}


def guid(key: str) -> str:
    """The ``Ref_Key`` of a piece of the company."""
    return str(uuid.uuid5(uuid.UUID(int=0x51), key))


def number(asset: str) -> str:
    """The inventory number of an asset, the same on both sides."""
    return f"ОС-{asset}"


def fill_book(world: World) -> None:
    """The books at the start: everything was accepted in January 2026."""
    with world.batch():
        for title in ("модель", "место", "пользователь", "состояние"):
            world.add_property(f"ИТ: {title}", guid(title))
        world.add_property("Ответственный за ремонт", guid("foreign"))
        world.unpublish("InformationRegister_ИТАктивы")  # an extension that this company has not installed
        for key, (name, inn) in ORGANIZATIONS.items():
            world.put("Catalog_Организации", {"Ref_Key": guid(key), "Description": name, "ИНН": inn})
        for key, (name, owner) in DEPARTMENTS.items():
            row = {"Ref_Key": guid(key), "Description": name, "Code": key[:4].upper(), "Owner_Key": guid(owner)}
            world.put("Catalog_ПодразделенияОрганизаций", row)
        world.put("Catalog_Склады", {"Ref_Key": guid("warehouse"), "Code": "1", "Description": "Основной склад"})
        for n, key in enumerate(PEOPLE, 1):
            hire(world, key, n)
        for asset in ASSETS:
            card(world, asset)
            world.write_document("Document_ПринятиеКУчетуОС", acceptance(asset))
        for key in POSITIONS:
            position(world, key)


def hire(world: World, key: str, n: int) -> None:
    name, department = PEOPLE[key]
    organization = guid(DEPARTMENTS[department][1])
    world.put("Catalog_ФизическиеЛица", {"Ref_Key": guid(key), "Code": f"{n:010}", "Description": name})
    row = {"Ref_Key": guid(f"job {key}"), "Code": f"{n:04}", "Description": name, "ФизическоеЛицо_Key": guid(key)}
    world.put("Catalog_Сотрудники", {**row, "ГоловнаяОрганизация_Key": organization})
    world.put(
        "InformationRegister_ТекущиеКадровыеДанныеСотрудников",
        {
            "ФизическоеЛицо_Key": guid(key),
            "Сотрудник_Key": guid(f"job {key}"),
            "ГоловнаяОрганизация_Key": organization,
            "ТекущаяОрганизация_Key": organization,
            "ТекущееПодразделение_Key": guid(department),
            "ДатаПриема": "2020-01-01T00:00:00",
            "ДатаУвольнения": "0001-01-01T00:00:00",
            "ОсновноеРабочееМестоВОрганизации": True,
        },
    )


def card(world: World, asset: str, **more: Any) -> None:
    row = {"Ref_Key": guid(f"asset {asset}"), "Code": f"{asset:0>9}", "Description": f"Компьютер {asset}"}
    world.put(CARD, {**row, "ЕдиницаУчета": "ИнвентарныйОбъект", "ЗаводскойНомер": f"SN77A{asset}", **more})


def acceptance(asset: str, day: str = "2026-01-12", where: tuple[str, str | None] | None = None) -> dict[str, Any]:
    department, person = where or ASSETS[asset]
    return {
        "Ref_Key": guid(f"acceptance {asset} {department}"),
        "Date": f"{day}T12:00:00",
        "Организация_Key": guid(DEPARTMENTS[department][1]),
        "МестонахождениеОС_Key": guid(department),
        "МОЛБУ_Key": guid(person) if person else ZERO,
        "СобытиеОС_Key": known_key("event ПринятиеКУчетуСВводомВЭксплуатацию"),
        "СтоимостьБУ": 60000,
        "ОС": [{"ОсновноеСредство_Key": guid(f"asset {asset}"), "ИнвентарныйНомер": number(asset)}],
    }


def position(world: World, key: str) -> None:
    item, person, quantity = POSITIONS[key]
    world.put("Catalog_Номенклатура", {"Ref_Key": guid(f"item {key}"), "Code": key, "Description": item})
    department = PEOPLE[person][1]
    row = {
        "Номенклатура_Key": guid(f"item {key}"),
        "Количество": quantity,
        "ФизЛицо_Key": guid(person),
        "СчетУчета_Key": known_key("account 10.09"),
        "СпособОтраженияРасходов_Key": guid("way of expense"),
    }
    document = {
        "Ref_Key": guid(f"batch {key}"),
        "Date": "2026-01-12T13:00:00",
        "Организация_Key": guid(DEPARTMENTS[department][1]),
        "Склад_Key": guid("warehouse"),
        "ИнвентарьИХозяйственныеПринадлежности": [row],
    }
    world.write_document("Document_ПередачаМатериаловВЭксплуатацию", document)


def fill_desk(home: Path) -> None:
    """The desk at the start: it knows everybody and everything, and the same as the books."""
    ids: dict[str, str] = {}

    def put(collection: str, rows: dict[str, dict[str, Any]]) -> None:
        ids.update(zip(rows, seed(home, collection, rows.values()), strict=True))

    put("organization", {k: {"name": name, "inn": inn} for k, (name, inn) in ORGANIZATIONS.items()})
    put("location", {"room": {"name": "Комната 204", "type": "room"}})
    departments = {k: (name, ids[owner]) for k, (name, owner) in DEPARTMENTS.items()}
    put("department", {k: {"name": name, "organization": owner} for k, (name, owner) in departments.items()})
    people = {k: (name, ids[d], ids[DEPARTMENTS[d][1]]) for k, (name, d) in PEOPLE.items()}
    put(
        "employee",
        {k: {"name": n, "department": d, "organization": o, "active": True} for k, (n, d, o) in people.items()},
    )
    things: dict[str, dict[str, Any]] = {a: _thing(a, ids) for a in ASSETS}
    for key in ("p1", "p2"):
        item, person, _ = POSITIONS[key]
        things[key] = {
            "inventory_number": f"МЦ-{key}",
            "book_name": item,
            "accounting": "low_value",
            "organization": ids["rose"],
            "custodian": ids[person],
            "status": "in_use",
        }
    put("equipment", things)


def _thing(asset: str, ids: dict[str, str]) -> dict[str, Any]:
    department, person = ASSETS[asset]
    return {
        "inventory_number": number(asset),
        "name": f"pc-{asset}",
        "book_name": f"Компьютер {asset}",
        "accounting": "fixed_asset",
        "organization": ids[DEPARTMENTS[department][1]],
        "department": ids[department],
        "custodian": ids[person] if person else None,
        "serial": f"SN77A{asset}",
        "model": "OptiPlex 3090",
        "location": ids["room"],
        "status": "in_use",
    }


@dataclass
class Firm:
    """The company on its feet. ``now`` is the base's wall clock."""

    folder: Path
    ports: Any
    settings: EngineSettings = field(default_factory=lambda: EngineSettings(guard=LIMITS, zone=ZONE))
    now: datetime = datetime(2026, 2, 2, 10)
    base: str = "base"
    #: What the base is; the shipped БП 3.0 where nothing is said.
    model: Any = None
    book_map: SystemMap = field(default_factory=lambda: load_system("book", "bp30", None))
    desk_map: SystemMap = field(default_factory=lambda: load_system("desk", "roundup", None))

    def __post_init__(self) -> None:
        self._stack = ExitStack()

    # -- servers ----------------------------------------------------------------------------------------------------

    @property
    def state(self) -> Path:
        return self.folder / "onec.db"

    @property
    def home(self) -> Path:
        return self.folder / "desk"

    @property
    def db(self) -> Path:
        return self.folder / "uchet.db"

    def start(self) -> Firm:
        self.emulator = Emulator(
            self.model, state=self.state, port=self.ports.book, base=self.base, clock=lambda: self.now
        ).start()
        self._stack.callback(self.emulator.stop)
        self.desk = Desk(self.home, self.ports.desk).start()
        self._stack.callback(self.desk.stop)
        self.store = Store.open(self.db, clock=self.clock)
        self._stack.callback(self.store.close)
        self.it = Specialist(self.desk.url + "/", "admin", PASSWORDS["admin"])
        self._stack.callback(self.it.http.close)
        quick = Retries(attempts=2, first=0.01)
        self.book = OnecConnector(self.emulator.url, retries=quick, timeout=10)
        self._stack.callback(self.book.close)
        self.tracker = RoundupConnector(self.desk.url, "uchet", PASSWORDS["uchet"], retries=quick, timeout=10)
        self._stack.callback(self.tracker.close)
        self.world = self.emulator.world
        return self

    def stop(self) -> None:
        self._stack.close()

    def settings_file(self, file: Path, more: str = "", *, db: Path | None = None, pair: str = PAIR) -> Path:
        """``file`` with what the command line needs to work for the firm; ``more`` sections at its end."""
        sides = {
            "book": {"connector": "onec", "mapping": "bp30", "url": self.emulator.url.rstrip("/"), "zone": str(ZONE)},
            "desk": {"connector": "roundup", "mapping": "roundup", "url": self.desk.url, "user": "uchet",
                     "password": PASSWORDS["uchet"]},
        }  # fmt: skip
        text = f'language = "ru"\nstate = "{db or self.db}"\npair = "{pair}"\nallow_password_in_file = true\n'
        for side, values in sides.items():
            text += f"[{side}]\n" + "".join(f'{name} = "{value}"\n' for name, value in values.items())
        file.write_text(text + more, encoding="utf-8")
        return file

    @contextmanager
    def down(self) -> Iterator[None]:
        """Everything is stopped meanwhile: files may be copied and put back."""
        self.stop()
        yield
        self.start()

    def keep(self) -> Path:
        """Last night's copy of all three: the base, the tracker, our own state."""
        with self.down():
            return self._copy()

    def _copy(self) -> Path:
        copy = self.folder / "copy"
        copy.mkdir()
        for path in (self.state, self.home, self.db):
            for part in path.parent.glob(f"{path.name}*"):
                (shutil.copytree if part.is_dir() else shutil.copy)(part, copy / part.name)
        return copy

    def put_back(self, copy: Path, path: Path) -> None:
        """One of them is restored from the copy."""
        with self.down():
            for part in path.parent.glob(f"{path.name}*"):
                shutil.rmtree(part) if part.is_dir() else part.unlink()
            for part in copy.glob(f"{path.name}*"):
                (shutil.copytree if part.is_dir() else shutil.copy)(part, path.parent / part.name)

    # -- nights -----------------------------------------------------------------------------------------------------

    def clock(self) -> datetime:
        """UTC now; every look at the clock takes a moment."""
        self.now += timedelta(milliseconds=1)
        return self.now.replace(tzinfo=ZONE).astimezone(UTC)

    def engine(self) -> Engine:
        pair = Pair(PAIR, self.book, self.tracker, self.book_map, self.desk_map)
        return Engine(pair, self.store, self.settings, clock=self.clock, sleep=lambda seconds: None)

    def night(self) -> Run:
        """The run of 3 a.m.; then it is ten in the morning."""
        self.now = (self.now + timedelta(days=1)).replace(hour=3, minute=0, second=0)
        run = self.engine().run()
        self.now = self.now.replace(hour=10, minute=0, second=0)
        return run

    def approve(self, run: Run) -> Run:
        assert run.outcome == "blocked", run
        assert run.plan
        self.store.approve(run.plan, by="person")
        return self.engine().apply(run.plan)

    def nights(self, count: int) -> Run:
        for _ in range(count):
            run = self.night()
        return run

    def resync(self) -> Resync:
        return self.engine().resync()

    def quiet(self) -> Run:
        """The next night writes nothing, on either side, and asks nothing anew."""
        before, asked = self.photograph(), {(i.id, i.issue.code) for i in self.open()}
        run = self.night()
        assert (run.writes, run.drafts, run.failed, run.skipped) == (0, 0, 0, 0), self.history(run)
        assert self.photograph() == before
        assert {(i.id, i.issue.code) for i in self.open()} == asked
        assert not self.store.intents(PAIR)
        return run

    def history(self, run: Run) -> list[Any]:
        found = self.store.operations(PAIR, run=run.id)
        return [
            (o.operation.action, o.operation.side, o.operation.label, o.state, o.error, o.operation.changes)
            for o in found
        ]

    def photograph(self) -> Any:
        """Both sides whole: versions too, so that a rewrite with the same values shows."""
        sets = (CARD, MOVE, "Catalog_Организации", "Catalog_ФизическиеЛица")
        book = {name: {row["Ref_Key"]: row for row in self.world.rows(name)} for name in sets}
        shown = {"employee": ("number", "active", "department"), "equipment": EQUIPMENT}
        names = ("organization", "department", "employee", "location", "equipment")
        desk = {n: self.it.rows(n, ("id", "name", "revision", "uchet_key", *shown.get(n, ()))) for n in names}
        return book, desk

    # -- questions --------------------------------------------------------------------------------------------------

    def open(self, code: str | None = None) -> list[IssueRow]:
        return [row for row in self.store.issues(PAIR) if code in (None, row.issue.code)]

    def asked(self, code: str) -> IssueRow:
        """The one open question of this sort."""
        rows = self.open(code)
        assert len(rows) == 1, [(row.issue.code, row.issue.key) for row in self.open()]
        return rows[0]

    def codes(self) -> list[str]:
        return sorted(row.issue.code for row in self.open())

    def decide(self, code: str, choice: Any, **more: Any) -> None:
        self.store.decide(self.asked(code).id, choice, by="person", **more)

    # -- the desk ---------------------------------------------------------------------------------------------------

    def thing(self, asset: str) -> dict[str, Any]:
        """What the desk holds about an asset (or a low-value thing): its wire values."""
        name = number(asset) if asset in ASSETS or asset.isdigit() else f"МЦ-{asset}"
        id = self.it.find("equipment", "inventory_number", name)
        return {"id": id, **self.it.read("equipment", id)["attributes"]}

    def standing(self, asset: str) -> tuple[str | None, str | None]:
        """Department and responsible person on the desk, by name."""
        thing = self.thing(asset)
        return self._name("department", thing["department"]), self._name("employee", thing["custodian"])

    def _name(self, collection: str, link: Any) -> str | None:
        id = link.get("id") if isinstance(link, dict) else link
        return str(self.it.read(collection, id)["attributes"]["name"]) if id else None

    def work(self, asset: str, **values: Any) -> None:
        """A specialist changes a thing; departments, people and rooms by our keys or by name."""
        places = {"department": DEPARTMENTS, "custodian": PEOPLE, "user": PEOPLE, "organization": ORGANIZATIONS}
        for name, known in places.items():
            if values.get(name):
                collection = {"custodian": "employee", "user": "employee"}.get(name, name)
                shown = known[values[name]][0] if values[name] in known else values[name]
                values[name] = self.it.find(collection, "name", shown)
        self.it.change("equipment", self.thing(asset)["id"], **values)

    # -- the books --------------------------------------------------------------------------------------------------

    def drafts(self, *, alive: bool = True) -> list[dict[str, Any]]:
        """Transfers in 1C that are not posted, oldest first."""
        rows = [r for r in self.world.rows(MOVE) if not r["Posted"] and not (alive and r["DeletionMark"])]
        return sorted(rows, key=lambda r: r["Number"])

    def transfers(self) -> list[dict[str, Any]]:
        return self.world.rows(MOVE)

    def card(self, asset: str) -> dict[str, Any]:
        found = self.world.get(CARD, guid(f"asset {asset}"))
        assert found is not None
        return found

    def place(self, asset: str) -> tuple[str, str]:
        """Department and person of an asset in the books (keys of ours)."""
        rows = [r for r in self.world.rows("InformationRegister_МестонахождениеОСБухгалтерскийУчет")
                if r["ОсновноеСредство_Key"] == guid(f"asset {asset}")]  # fmt: skip
        last = max(rows, key=lambda r: r["Period"])
        names = {guid(k): k for k in (*DEPARTMENTS, *PEOPLE)}
        return names.get(last["Местонахождение_Key"], ""), names.get(last["МОЛ_Key"], "")

    def transfer(self, asset: str, department: str, person: str) -> str:
        """The accountant's own posted transfer."""
        sender, giver = self.place(asset)
        body = {
            "Date": self.now.isoformat(timespec="seconds"),
            "Организация_Key": guid(DEPARTMENTS[sender][1]),
            "ПодразделениеОрганизации_Key": guid(sender),
            "МОЛОрганизации_Key": guid(giver) if giver else ZERO,
            "ПодразделениеПолучатель_Key": guid(department),
            "МОЛПолучатель_Key": guid(person),
            "ОС": [{"ОсновноеСредство_Key": guid(f"asset {asset}"), "Количество": 1}],
        }
        return self.world.write_document(MOVE, body)

    def write_off(self, asset: str, document: str = "Document_СписаниеОС", **row: Any) -> str:
        body = {
            "Date": self.now.isoformat(timespec="seconds"),
            "Организация_Key": guid(DEPARTMENTS[self.place(asset)[0]][1]),
            "ОС": [{"ОсновноеСредство_Key": guid(f"asset {asset}"), "Количество": 1, **row}],
        }
        return self.world.write_document(document, body)

    def base_key(self, register: str, *parts: str) -> str:
        """The stored key of an independent register's record."""
        kind = self.world.base.kind(register)
        return register_key(kind, dict(zip(kind.keys, parts, strict=True)))

    def guarded(self, **limits: Any) -> None:
        self.settings = replace(self.settings, guard=GuardLimits(**limits))


def receive(firm: Firm, item: str, quantity: int, day: str, account: str = "10.09") -> None:
    """A receipt of stock, posted in the books."""
    row = {
        "Номенклатура_Key": guid(f"item {item}"),
        "Количество": quantity,
        "СчетУчета_Key": known_key(f"account {account}"),
    }
    document = {
        "Date": f"{day}T09:00:00",
        "Организация_Key": guid("rose"),
        "Склад_Key": guid("warehouse"),
        "СтатьяПрочихДоходовРасходов_Key": guid("income"),
        "Товары": [row],
    }
    firm.world.write_document("Document_ОприходованиеТоваров", document)


def build(folder: Path) -> Firm:
    """The company in ``folder`` after its first load, at rest, servers down."""
    folder.mkdir(parents=True, exist_ok=True)
    firm = Firm(folder, free_ports())
    install(firm.home, url="http://127.0.0.1:1/", passwords=PASSWORDS, rounds=1000)
    fill_desk(firm.home)
    firm.start()
    try:
        fill_book(firm.world)
        first = firm.night()
        assert first.outcome == "blocked"
        done = firm.approve(first)
        assert not done.failed, firm.history(done)
        firm.nights(2)
    finally:
        firm.stop()
    return firm


def copies(origin: Firm, folder: Path) -> Callable[[], Firm]:
    """A fresh copy of ``origin`` in ``folder``, started."""

    def make() -> Firm:
        shutil.copytree(origin.folder, folder, dirs_exist_ok=True)
        return Firm(folder, origin.ports, now=origin.now).start()

    return make


def stocked(folder: Path) -> Firm:
    """The company in agreement, with toner in stock on both sides and all records linked; its servers are down."""
    made = build(folder).start()
    made.world.put(
        "Catalog_КлассификаторЕдиницИзмерения", {"Ref_Key": guid("unit"), "Code": "796", "Description": "шт"}
    )
    row = {"Ref_Key": guid("item toner"), "Code": "toner", "Description": "Тонер", "ЕдиницаИзмерения_Key": guid("unit")}
    made.world.put("Catalog_Номенклатура", row)
    for item, quantity in (("p1", 1), ("p2", 1), ("p3", 3), ("toner", 20)):
        receive(made, item, quantity, "2026-01-10" if item != "toner" else "2026-01-20")
    made.night()
    card = {"name": "Тонер", "code": "toner", "unit": "шт", "quantity": "20"}
    card["organization"] = made.it.find("organization", "name", "ООО «Роза»")
    card["location"] = made.it.find("location", "name", "Основной склад")
    made.stop()
    seed(made.home, "consumable", [card])
    return made
