"""A support specialist at work in a browser: log in, find, open, edit, add; and what the pages refuse."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import requests
from lxml import html

from uchet.connectors.base import Write
from uchet.connectors.roundup.connector import RoundupConnector
from uchet.connectors.roundup.server import Desk, seed

Fresh = Callable[[], str]


class Browser:
    """Just enough of one: cookies, links, and forms sent as they stand with some fields filled in."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.session = requests.Session()
        self.page = html.document_fromstring("<html></html>")

    def open(self, path: str) -> Browser:
        return self._seen(self.session.get(f"{self.url}/{path}", timeout=20))

    def send(self, form: str = "//form", **filled: str) -> Browser:
        node = self.page.xpath(form)[0]
        values = {name: value or "" for name, value in node.fields.items() if name}
        values.update({name.replace("at_", "@"): value for name, value in filled.items()})
        assert set(filled) <= {name.replace("@", "at_") for name in node.fields}, "no such field"
        headers = {"Referer": f"{self.url}/", "Origin": self.url}
        if node.method == "GET":
            return self._seen(self.session.get(f"{self.url}/{node.action}", params=values, timeout=20))
        sent = {name: (None, value) for name, value in values.items()}
        path = node.action.removeprefix(self.url).lstrip("/")
        return self._seen(self.session.post(f"{self.url}/{path}", files=sent, headers=headers, timeout=20))

    def texts(self, path: str) -> list[str]:
        return [" ".join(node.text_content().split()) for node in self.page.xpath(path)]

    def _seen(self, answer: requests.Response) -> Browser:
        self.status, self.page = answer.status_code, html.document_fromstring(answer.text)
        return self


@pytest.fixture
def browser(desk: Desk) -> Browser:
    made = Browser(desk.url).open("")
    return made.send("//form[@class='login']", __login_name="support", __login_password="поддержка")


def test_nothing_is_shown_without_a_login(desk: Desk) -> None:
    seed(desk.home, "organization", [{"name": "Тайная организация"}])
    stranger = Browser(desk.url)
    for path in ("", "equipment", "organization", "employee1", "user1", "equipment?@template=item"):
        stranger.open(path)
        assert stranger.texts("//form[@class='login']//h1") == ["Вход"], path
        assert not stranger.page.xpath("//nav | //table | //form[@class='item']"), path
        assert "Тайная" not in stranger.page.text_content()


def test_a_wrong_password_says_so(desk: Desk) -> None:
    stranger = Browser(desk.url).open("").send(__login_name="support", __login_password="нет")
    assert stranger.texts("//p[@class='bad']")
    assert stranger.page.xpath("//form[@class='login']")


@pytest.mark.parametrize(
    "name",
    [
        *("equipment", "request", "consumable", "issue", "employee", "location", "department", "organization"),
        *("request_line", "approval", "allocation", "licence", "installation"),
        *("movement", "work", "work_part", "component"),
    ],
)
def test_every_list_and_form_opens(browser: Browser, name: str) -> None:
    title = browser.open(name).texts("//h1")[0]
    assert browser.status == 200
    assert browser.page.xpath("//table[@class='list']//th")
    assert not [c for c in title if c.isascii() and c.isalpha()], "not Russian"
    browser.open(f"{name}?@template=item")
    assert browser.texts("//button") == ["Добавить"]


def test_find_open_edit(browser: Browser, desk: Desk, connector: RoundupConnector, fresh: Fresh) -> None:
    number, name = fresh(), "Ноутбук «Ёж» <b>& co</b>"
    [room] = seed(desk.home, "location", [{"name": fresh(), "type": "room"}])
    [id] = seed(desk.home, "equipment", [{"inventory_number": number, "book_name": name, "status": "in_use"}])
    browser.open("equipment").send("//main//form", inventory_number=number[2:], status="in_use")
    assert len(browser.page.xpath("//tbody/tr")) == 1
    assert name in browser.texts("//tbody//td")
    browser.open(browser.page.xpath("//tbody//a/@href")[0])
    browser.send("//form[@class='item']", status="faulty", serial="SN-77", location=room, notes="не включается")
    assert browser.texts("//p[@class='good']")
    found = connector.get("equipment", id)
    assert found is not None
    assert {n: found.data[n] for n in ("status", "serial", "location", "notes", "book_name")} == {
        "status": "faulty", "serial": "SN-77", "location": room, "notes": "не включается", "book_name": name,
    }  # fmt: skip
    assert any("Состояние" in line for line in browser.texts("//table[@class='history']//td"))
    browser.open(f"equipment{id}").send("//form[@class='item']", location="-1", serial="")
    found = connector.get("equipment", id)
    assert found is not None
    assert (found.data["location"], found.data["serial"]) == (None, None)


def test_add_a_request_and_answer_a_ticket(browser: Browser, connector: RoundupConnector, fresh: Fresh) -> None:
    title = fresh()
    browser.open("request?@template=item").send("//form[@class='item']", title=title, status="draft")
    assert title in browser.open("request").texts("//tbody//td")
    browser.open("issue?@template=item").send("//form[@class='item']", title=title, at_note="Сломалась мышь")
    assert browser.texts("//blockquote/p") == ["Сломалась мышь"]
    browser.send("//form[@class='item']", at_note="Заменили", status="closed")
    assert browser.texts("//blockquote/p") == ["Сломалась мышь", "Заменили"]


def test_what_the_desk_refuses_is_explained_and_kept_in_the_form(browser: Browser, fresh: Fresh) -> None:
    number = fresh()
    browser.open("equipment?@template=item")
    browser.send("//form[@class='item']", inventory_number=number, cost="десять", status="in_use")
    assert any("cost" in text for text in browser.texts("//p[@class='bad']"))
    assert browser.page.xpath("//input[@name='inventory_number']/@value") == [number]


def test_two_people_on_one_record(browser: Browser, desk: Desk, connector: RoundupConnector, fresh: Fresh) -> None:
    [id] = seed(desk.home, "employee", [{"name": "Иванов"}])
    browser.open(f"employee{id}")
    connector.write(Write("employee", id, {"name": "Сидоров"}))
    # Times have whole seconds: the form was opened a while ago.
    browser.page.xpath("//input[@name='@lastactivity']")[0].set("value", "2020-01-01.00:00:00")
    browser.send("//form[@class='item']", name="Петров")
    assert browser.texts("//p[@class='bad']")
    found = connector.get("employee", id)
    assert found is not None
    assert found.data["name"] == "Сидоров"


def test_pages_sort_and_turn(browser: Browser, desk: Desk, fresh: Fresh) -> None:
    seed(desk.home, "consumable", [{"name": f"Картридж {i:03}", "unit": "шт", "quantity": str(i)} for i in range(60)])
    browser.open("consumable?name=Картридж")
    assert len(browser.page.xpath("//tbody/tr")) == 50
    [further] = browser.page.xpath("//a[contains(., 'дальше')]/@href")
    assert len(browser.open(further).page.xpath("//tbody/tr")) == 10
    browser.open("consumable?name=Картридж&@sort=-name")
    assert browser.texts("//tbody/tr[1]/td[1]") == ["Картридж 059"]
