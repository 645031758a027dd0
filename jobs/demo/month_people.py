"""The specialists of the month: what they record on the desk, over HTTP alone."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any

from .company import Company
from .month_books import Books
from .month_plan import HOME, ITEMS, PARTS, PLACES, Act
from .people import Specialist

__all__ = ["Shelf"]


class Shelf:
    """The specialists: the shelf, the workshop and the requests."""

    def __init__(self, desk: Specialist, company: Company, rng: random.Random) -> None:
        self.desk, self.company, self.rng = desk, company, rng
        self.home = ""
        self.places: list[str] = []
        self.people: list[str] = []
        self.departments: list[str] = []
        self.cards: dict[tuple[str, int], str] = {}
        self.away: list[tuple[date, str, str, Mapping[str, object]]] = []
        self.goals: dict[str, tuple[str, str]] = {}
        self.spoken: set[str] = set()
        self.moved: set[tuple[str, str]] = set()
        self.moves = self.works = 0

    def settle(self, quantity: int) -> None:
        """Who and what there is once both systems are linked; a card for each item and warehouse, with its stock."""
        desk = self.desk
        self.home = desk.find("organization", "name", self.company.organization(HOME).name)
        self.places = [desk.find("location", "name", p.name) for p in self.company.places if p.key in PLACES]
        people = desk.rows("employee", ("name", "number", "organization", "active"))
        self.people = [str(r["id"]) for r in people if str(r["organization"]) == self.home and r["active"]]
        rows = desk.rows("department", ("name", "organization"))
        self.departments = [str(r["id"]) for r in rows if str(r["organization"]) == self.home]
        for n, (item, (unit, factor, _)) in enumerate(ITEMS.items()):
            for place, location in enumerate(self.places):
                card = {"name": item, "code": f"М-{n:02}", "unit": unit, "quantity": str(quantity)}
                more = {"factor": str(factor)} if factor != 1 else {}
                self.cards[item, place] = desk.enter(
                    "consumable", **card, **more, organization=self.home, location=location
                )

    def do(self, act: Act, day: date) -> None:
        """One thing of the calendar."""
        doing: Mapping[str, Callable[[Act, date], None]] = {
            "repair": self._repair, "upgrade": self._upgrade, "swap": self._swap, "kit": self._kit,
            "request": self._request,
        }  # fmt: skip
        doing.get(act.kind, self._move)(act, day)

    # -- the shelf ----------------------------------------------------------------------------------------------------

    def _move(self, act: Act, day: date) -> None:
        told = act.told
        place = int(str(told["place"]))
        kind = "receipt" if act.kind == "own_receipt" else act.kind
        values: dict[str, Any] = {
            "type": kind,
            "consumable": self.cards[str(told["item"]), place],
            "quantity": str(told["quantity"]),
            "date": (day - timedelta(days=int(str(told["late"])))).isoformat(),
        }
        if kind == "transfer":
            values["to_consumable"] = self.cards[str(told["item"]), 1 - place]
        elif kind == "issue":
            many = self.people if told["person"] else self.departments
            values["employee" if told["person"] else "department"] = self.rng.choice(many)
        id = self._record(values)
        if told["back"]:
            again = {name: values[name] for name in ("consumable", "quantity", "date")}
            self._record({**again, "type": "return", "reverses": id})

    def _record(self, values: Mapping[str, Any]) -> str:
        self.moves += 1
        return self.desk.enter("movement", **values)

    # -- the workshop -------------------------------------------------------------------------------------------------

    def _things(self) -> list[dict[str, Any]]:
        """Fixed assets of the organisation that are not away, whoever has them and wherever."""
        names = ("inventory_number", "status", "organization", "accounting", "custodian", "department", "serial")
        rows = self.desk.rows("equipment", names)
        mine = [r for r in rows if str(r["organization"]) == self.home and r["accounting"] == "fixed_asset"]
        return [
            r for r in mine if r["status"] in ("in_use", "in_stock", "faulty") and r["custodian"] and r["department"]
        ]

    def _pick(self, act: Act) -> str | None:
        found = self._things()
        return str(found[int(float(str(act.told["pick"])) * len(found))]["id"]) if found else None

    def _work(self, **values: Any) -> str:
        self.works += 1
        return self.desk.enter("work", **values)

    def _repair(self, act: Act, day: date) -> None:
        thing = self._pick(act)
        if thing is None:
            return
        due = (day + timedelta(days=3)).isoformat()
        common = {"equipment": thing, "contractor": "ООО «Ремонт+»", "act": f"Р-{act.n + 1}"}
        sent = self._work(type="sent", date=day.isoformat(), due=due, **common)
        if act.told["end"] != "away":
            self.away.append((day + timedelta(days=int(str(act.told["days"]))), sent, thing, act.told))

    def come_back(self, day: date) -> None:
        """What the contractor brings today."""
        for one in [a for a in self.away if a[0] <= day]:
            self.away.remove(one)
            _, sent, thing, told = one
            values = {"equipment": thing, "follows": sent, "contractor": "ООО «Ремонт+»", "date": day.isoformat()}
            if told["end"] == "replaced":
                self._work(type="replaced", serial=f"NEW{sent:0>7}", **values)
            else:
                self._work(type="returned", **values, **({"cost": "4500"} if told["end"] == "paid" else {}))

    def _upgrade(self, act: Act, day: date) -> None:
        thing, item = self._pick(act), str(act.told["item"])
        if thing is None:
            return
        fitted = {"consumable": self.cards[item, 0], "component": PARTS[item]}
        values = {"equipment": thing, **fitted, "date": day.isoformat()}
        self._work(type="upgrade", quantity="1", **values)
        self.moves += 1

    def _swap(self, act: Act, day: date) -> None:
        found = self._things()
        if len(found) > 1:
            at = int(float(str(act.told["pick"])) * (len(found) - 1))
            old, new = str(found[at]["id"]), str(found[at + 1]["id"])
            self._work(type="swap", equipment=old, other=new, act=f"З-{act.n + 1}", date=day.isoformat())

    def _kit(self, act: Act, day: date) -> None:
        made = {"consumable": self.cards["Системный блок", 0], "quantity": "1", "date": day.isoformat()}
        work = self._work(type="assembly", act=f"С-{act.n + 1}", **made)
        for item in ("Корпус", "Память 8 ГБ", "Блок питания", "Диск 1 ТБ"):
            self.desk.enter("work_part", work=work, consumable=self.cards[item, 0], quantity="1")
        self.desk.change("work", work, status="done")

    # -- requests -----------------------------------------------------------------------------------------------------

    def _request(self, act: Act, day: date) -> None:
        goal = str(act.told["goal"])
        # The first two approve, the others ask.
        initiator = self.people[act.n % (len(self.people) - 2) + 2]
        values = {
            "title": f"Заявка {act.n + 1}",
            "status": "draft" if goal == "draft" else "submitted",
            "organization": self.home,
            "branch": self.places[0],
            "department": self.departments[0],
            "initiator": initiator,
            "employee": initiator,
            "reason": "new",
            "needed_by": (day + timedelta(days=40)).isoformat(),
            "submitted": day.isoformat(),
            "article": "ИТ",
            **({} if goal == "returned_for_correction" else {"contact": "204"}),
        }
        id = self.desk.enter("request", **values)
        line = {"name": f"Мышь беспроводная {act.n + 1}", "category": "hardware", "quantity": "2", "unit": "шт"}
        price = {"price": str(act.told["price"]), "price_date": day.isoformat(), "vat": "with"}
        row = self.desk.enter("request_line", request=id, **line, **price, location=self.places[0])
        self.goals[id] = (goal, row)

    def follow_requests(self, day: date, books: Books) -> None:
        """Each evening every request goes one step on towards what became of it."""
        for row in self.desk.rows("request", ("status",)):
            id, status = str(row["id"]), str(row["status"])
            goal, line = self.goals.get(id, ("", ""))
            if not goal or status == goal:
                continue
            if status == "approving":
                self._approving(id, goal)
            elif status in ("approved", "in_plan"):
                self._approved(id, status, goal, day, books)
            elif status in ("ordered", "partially_received", "received", "issued_partially"):
                self._received(line, status, goal)
            elif status == "issued" and goal == "closed":
                self.desk.change("request", id, status="closed")

    def _approving(self, id: str, goal: str) -> None:
        if goal in ("withdrawn", "cancelled", "on_hold"):
            self.desk.change("request", id, status=goal)
            return
        if goal in ("submitted", "on_check", "approving") or id in self.spoken:  # stages that it only passes
            return
        self.spoken.add(id)
        for role, person in zip(("line_manager", "head_of_it"), self.people[:2], strict=True):
            no = goal == "rejected" and role == "head_of_it"
            word = {"role": role, "employee": person, "decision": "rejected" if no else "approved"}
            self.desk.enter("approval", request=id, **word)

    def _approved(self, id: str, status: str, goal: str, day: date, books: Books) -> None:
        if goal in ("approved", status):
            return
        if goal == "in_plan":
            self.desk.change("request", id, status="in_plan")
            return
        books.order(id, day)

    def _received(self, line: str, status: str, goal: str) -> None:
        """Rows of receipt and issue, as far as the request is to come."""
        steps = ("ordered", "partially_received", "received", "issued_partially", "issued", "closed")
        rows = {
            "ordered": ("receipt", "1"), "partially_received": ("receipt", "1"), "received": ("issue", "1"),
            "issued_partially": ("issue", "1"),
        }  # fmt: skip
        if goal in steps and steps.index(goal) > steps.index(status) and (line, status) not in self.moved:
            self.moved.add((line, status))
            step, quantity = rows[status]
            document = f"{step}-{line}-{status}"
            self.desk.enter("allocation", request_line=line, step=step, document=document, quantity=quantity)
