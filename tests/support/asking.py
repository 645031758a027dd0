"""People who ask for things on the desk of the tiny company (``firm.py``), and what they find there afterwards."""

from __future__ import annotations

from typing import Any

from firm import Firm

from uchet.connectors.roundup.server import seed

__all__ = ["INVOICE", "approve", "ask", "employee", "line", "shown", "state"]

INVOICE = "Document_СчетНаОплатуПоставщика"


def employee(firm: Firm, name: str) -> str:
    return firm.it.find("employee", "name", name)


def ask(firm: Firm, *, status: str = "submitted", **values: Any) -> str:
    """A request of Vera's for herself, filled in as it should be but for ``values``."""
    day = firm.now.date()
    whole = {
        "title": "Мышь",
        "status": status,
        "organization": firm.it.find("organization", "name", "ООО «Роза»"),
        "branch": firm.it.find("location", "name", "Комната 204"),
        "department": firm.it.find("department", "name", "Отдел ИТ"),
        "initiator": employee(firm, "Волкова Вера Викторовна"),
        "employee": employee(firm, "Волкова Вера Викторовна"),
        "reason": "new",
        "needed_by": day.replace(day=28).isoformat(),
        "submitted": day.isoformat(),
        "article": "ИТ",
        "contact": "204",
    }
    [id] = seed(firm.home, "request", [{**whole, **values}])
    return id


def line(firm: Firm, request: str, **values: Any) -> str:
    whole = {
        "request": request,
        "name": "Мышь беспроводная",
        "category": "hardware",
        "quantity": "2",
        "unit": "шт",
        "price": "900",
        "price_date": firm.now.date().isoformat(),
        "vat": "with",
        "location": firm.it.find("location", "name", "Основной склад"),
    }
    [id] = seed(firm.home, "request_line", [{**whole, **values}])
    return id


def approve(firm: Firm, request: str, role: str, name: str, decision: str = "approved") -> str:
    row = {"request": request, "role": role, "employee": employee(firm, name), "decision": decision}
    [id] = seed(firm.home, "approval", [row])
    return id


def shown(firm: Firm, request: str) -> dict[str, Any]:
    found: dict[str, Any] = firm.it.read("request", request)["attributes"]
    return found


def state(firm: Firm, request: str) -> str:
    return str(shown(firm, request)["status"])
