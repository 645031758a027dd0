"""What postings must leave on МЦ.04, reckoned apart from the emulator: by item, batch and person."""

from __future__ import annotations

import uuid
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from uchet.emulator import Emulator

LEDGER = "AccountingRegister_Хозрасчетный"
ISSUE, DEMAND = "Document_ПередачаМатериаловВЭксплуатацию", "Document_ТребованиеНакладная"
TRANSFER, SCRAP = "Document_ПеремещениеТоваров", "Document_СписаниеТоваров"
Place = tuple[str, str, str]


@dataclass
class Books:
    """A base in which documents are entered by chance, and what they should have left."""

    base: Emulator
    client: Any
    chance: Random
    posted: int = 0
    refused: int = 0
    unposted: int = 0
    _effects: dict[tuple[str, str], list[tuple[Place, Decimal]]] = field(default_factory=dict)
    _batches: dict[str, str] = field(default_factory=dict)
    _count: int = 0

    def __post_init__(self) -> None:
        put = self.base.world.put
        self.org = put("Catalog_Организации", {"Description": "ООО Ромашка"})
        self.store = put("Catalog_Склады", {"Description": "Склад"})
        self.way = put("Catalog_СпособыОтраженияРасходовПоАмортизации", {"Description": "Способ"})
        self.items = [put("Catalog_Номенклатура", {"Description": f"Вещь {n}"}) for n in range(4)]
        self.people = [put("Catalog_ФизическиеЛица", {"Description": f"Человек {n}"}) for n in range(4)]

    def step(self) -> None:
        """Enter one document and post it, or take the last posting back."""
        last = list(self._effects)[-1:]
        if last and self.chance.random() < 0.08:
            collection, key = last[0]
            answer = self.client.call("POST", f"{collection}(guid'{key}')/Unpost")
            assert answer.status_code == 200, answer.text
            del self._effects[last[0]]
            self.unposted += 1
            return
        self.chance.choice((self._issue, self._demand, self._transfer, self._transfer, self._scrap))()

    # --- documents

    def _enter(self, collection: str, body: dict[str, Any], effects: list[tuple[Place, Decimal]] | None) -> None:
        """``effects`` None: posting must be refused."""
        key = str(uuid.UUID(int=self.chance.getrandbits(128), version=4))
        self._count += 1
        date = datetime(2026, 1, 1) + timedelta(hours=self._count)
        head = {"Ref_Key": key, "Date": date.isoformat(), "Организация_Key": self.org}
        made = self.client.call("POST", collection, {**head, **body})
        assert made.status_code == 201, made.text
        answer = self.client.call("POST", f"{collection}(guid'{key}')/Post", query="PostingModeOperational=false")
        if effects is None:
            assert answer.status_code == 500, (collection, body)
            self.refused += 1
            return
        assert answer.status_code == 200, answer.text
        self._batches[key] = date.isoformat()
        own = [((item, batch or key, person), count) for (item, batch, person), count in effects]
        self._effects[(collection, key)] = own
        self.posted += 1

    def _lines(self, least: int = 1) -> list[tuple[str, Decimal]]:
        """Different items with quantities in eighths."""
        chosen = self.chance.sample(self.items, self.chance.randrange(least, 3))
        return [(item, Decimal(self.chance.randrange(1, 60)) / 8) for item in chosen]

    def _issue(self) -> None:
        lines = [(*line, self.chance.choice(self.people)) for line in self._lines()]
        account = self.base.world.account("10.09")
        rows = [
            {
                "LineNumber": number,
                "Номенклатура_Key": item,
                "Количество": float(count),
                "ФизЛицо_Key": person,
                "СчетУчета_Key": account,
                "СпособОтраженияРасходов_Key": self.way,
            }
            for number, (item, count, person) in enumerate(lines, 1)
        ]
        body = {"Склад_Key": self.store, "ИнвентарьИХозяйственныеПринадлежности": rows}
        self._enter(ISSUE, body, [((item, "", person), count) for item, count, person in lines])

    def _demand(self) -> None:
        lines, person = self._lines(), self.chance.choice(self.people)
        kept = self.chance.random() < 0.7
        rows = [
            {"LineNumber": n, "Номенклатура_Key": item, "Количество": float(count)}
            for n, (item, count) in enumerate(lines, 1)
        ]
        body = {
            "Склад_Key": self.store,
            "ВидОперации": "ПередачаСотруднику",
            "СчетЗатрат_Key": self.base.world.account("26"),
            "Сотрудник_Key": person,
            "СпособУчетаМатериаловПоСотруднику": "РасходИОстатки" if kept else "Расход",
            "Материалы": rows,
        }
        self._enter(DEMAND, body, [((item, "", person), count) for item, count in lines] if kept else [])

    def _taken(self, person: str, lines: list[tuple[str, Decimal]]) -> list[tuple[Place, Decimal]] | None:
        """Oldest batches first; None where a person has too little of something."""
        held, out = self.reckoned(), []
        for item, need in lines:
            own = [(place, count) for place, count in held.items() if (place[0], place[2]) == (item, person)]
            for place, count in sorted(own, key=lambda pair: (self._batches[pair[0][1]], pair[0][1])):
                take = min(need, count)
                if take > 0:
                    out.append((place, take))
                    need -= take
            if need > 0:
                return None
        return out

    def _material_rows(self, lines: list[tuple[str, Decimal]]) -> list[dict[str, Any]]:
        return [
            {"LineNumber": n, "Номенклатура_Key": item, "Количество": float(count)}
            for n, (item, count) in enumerate(lines, 1)
        ]

    def _transfer(self) -> None:
        giver, taker = self.chance.sample(self.people, 2)
        lines = self._lines()
        taken = self._taken(giver, lines)
        effects = None
        if taken is not None:
            effects = [(place, -count) for place, count in taken]
            effects += [((item, batch, taker), count) for (item, batch, _), count in taken]
        body = {
            "ВидОперации": "ПередачаМеждуСотрудниками",
            "СотрудникОтправитель_Key": giver,
            "СотрудникПолучатель_Key": taker,
            "Материалы": self._material_rows(lines),
        }
        self._enter(TRANSFER, body, effects)

    def _scrap(self) -> None:
        person, lines = self.chance.choice(self.people), self._lines()
        taken = self._taken(person, lines)
        body = {
            "ВидОперации": "СписаниеССотрудника",
            "Сотрудник_Key": person,
            "Материалы": self._material_rows(lines),
        }
        self._enter(SCRAP, body, None if taken is None else [(place, -count) for place, count in taken])

    # --- both reckonings

    def reckoned(self) -> dict[Place, Decimal]:
        """What should be there, zeros left out."""
        sums: dict[Place, Decimal] = defaultdict(Decimal)
        for effects in self._effects.values():
            for place, count in effects:
                sums[place] += count
        return {place: count for place, count in sums.items() if count}

    def moved(self) -> tuple[Decimal, Decimal]:
        """All that came and all that went."""
        counts = [count for effects in self._effects.values() for _, count in effects]
        return sum((c for c in counts if c > 0), Decimal(0)), -sum((c for c in counts if c < 0), Decimal(0))

    def _asked(self, table: str) -> list[dict[str, Any]]:
        account = self.base.world.account("МЦ.04")
        return list(self.client.value(f"{LEDGER}/{table}(AccountCondition='Account_Key eq guid''{account}''')"))

    def shown(self) -> dict[Place, Decimal]:
        """What the base says is there."""
        return {
            (row["ExtDimension1"], row["ExtDimension2"], row["ExtDimension3"]): Decimal(str(row["КоличествоBalance"]))
            for row in self._asked("Balance")
        }

    def turned(self) -> tuple[Decimal, Decimal]:
        """What the base says came and went."""
        rows = self._asked("Turnovers")
        return (
            sum((Decimal(str(row["КоличествоTurnoverDr"])) for row in rows), Decimal(0)),
            sum((Decimal(str(row["КоличествоTurnoverCr"])) for row in rows), Decimal(0)),
        )
