"""Every kind of draft of БП 3.0: what is sent, byte for byte, and what becomes of it in the accountant's hands.

For each kind four events are ordered and drafted in one go; then the accountant posts one (after filling in what was
left to her), edits one, marks one for deletion and deletes one for good. One night later each has its fate.
"""

from __future__ import annotations

import json
import re
import uuid
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from drafting import FOLLOWED, STATES, Case, draft_of, fates, golden, handle, sent
from firm import PAIR, Firm, build, copies, guid

from uchet.cli import main
from uchet.emulator.defaults import known_key
from uchet.mappings.load import load_system
from uchet.mappings.model import Ref, Values
from uchet.mappings.shapes import READ, SHAPES, TASKS
from uchet.sync.orders import Order
from uchet.sync.types import Run

#: What settings name: the account of expenses, the ways of expense; everything else is 1C's or the accountant's.
SETTINGS = {
    "documents.issue_person.lookups.cost_account.where.Code": "26",
    "documents.put_in_use.lookups.account.where.Code": "10.09",
    "documents.put_in_use.lookups.way.where.Description": "Общехозяйственные (26)",
}


def ref(kind: str, key: str) -> Ref:
    return Ref("book", kind, guid(key))


ROSE, PLACE, OTHER = ref("organization", "rose"), ref("place", "warehouse"), ref("place", "cellar")
ANNA, VERA, BOOKS = ref("person", "anna"), ref("person", "vera"), ref("department", "books")
LAMP, ASSET, SUPPLIER = ref("item", "item p3"), ref("equipment", "asset 01"), ref("supplier", "supplier")
BATCH = ref("document", "batch p3")
DAY = date(2026, 2, 4)
LINE: Values = {"item": LAMP, "quantity": Decimal("2")}
#: Who counted: the chairman first.
COMMISSION: tuple[Values, ...] = (
    {"person": VERA, "chairman": True},
    {"person": ref("person", "boris"), "chairman": False},
)
#: shape → header and one row, as a feature of the desk would order it.
ORDERS: dict[str, tuple[Values, Values]] = {
    "stock_transfer": ({"from_place": PLACE, "to_place": OTHER}, LINE),
    "custody": ({"from_person": VERA, "to_person": ANNA}, {"item": LAMP, "quantity": Decimal(1)}),
    "issue_person": ({"place": PLACE, "person": ANNA}, LINE),
    "consume": ({"place": PLACE, "department": BOOKS}, LINE),
    "put_in_use": ({"place": PLACE}, {**LINE, "person": ANNA}),
    "return_from_use": ({"place": PLACE}, {**LINE, "person": VERA, "batch": BATCH}),
    "scrap_in_use": ({"department": BOOKS}, {"item": LAMP, "quantity": Decimal(1), "person": VERA, "batch": BATCH}),
    "scrap_person": ({"person": VERA, "reason": "Сломана"}, {"item": LAMP, "quantity": Decimal(1)}),
    "write_off_stock": ({"place": PLACE, "reason": "Недостача"}, LINE),
    "surplus": ({"place": PLACE, "reason": "Излишек"}, LINE),
    "upgrade": ({"department": BOOKS}, {"asset": ASSET}),
    "assemble": (
        {"place": PLACE, "item": ref("item", "item p1"), "quantity": Decimal(1)},
        LINE,
    ),
    "return_supplier": ({"place": PLACE, "supplier": SUPPLIER}, LINE),
    "invoice": (
        {"supplier": SUPPLIER, "in_number": "С-17", "in_date": DAY, "with_vat": True},
        {
            "text": "Картридж TK-5240",
            "quantity": Decimal(3),
            "price": Decimal("4100.50"),
            "amount": Decimal("12301.50"),
        },
    ),
    "count_assets": (
        {"department": BOOKS, "person": ANNA, "started": DAY, "ended": DAY},
        {"asset": ASSET, "present": True},
    ),
    "count_stock": (
        {"place": PLACE, "person": ANNA, "started": DAY, "ended": DAY},
        {"item": LAMP, "counted": Decimal(4)},
    ),
}
#: What the accountant fills in before posting: judgement that no integration has.
ACCOUNT, INCOME, PROJECT = known_key("account 10.09"), guid("income"), guid("project")
FILLED: dict[str, dict[str, Any]] = {
    "consume": {"СчетЗатрат_Key": known_key("account 26")},
    "surplus": {"СтатьяПрочихДоходовРасходов_Key": INCOME},
    "upgrade": {"ОбъектСтроительства_Key": PROJECT, "СчетУчетаВнеоборотногоАктива_Key": known_key("account 08.04")},
    "return_supplier": {"ДоговорКонтрагента_Key": guid("contract")},
}
ROWS: dict[str, dict[str, Any]] = {
    "upgrade": {"СпособУчетаНДС": "ПринимаетсяКВычету"},
    "return_from_use": {"СчетУчета_Key": ACCOUNT},
    "return_supplier": {"СчетУчета_Key": ACCOUNT},
    "invoice": {"СтавкаНДС": "БезНДС"},
}
#: The edits of a few kinds are their own.
EDITS: dict[str, dict[str, Any]] = {
    **{name: {"ОС": [{"ОсновноеСредство_Key": guid("asset 02")}]} for name in ("upgrade", "count_assets")},
    "scrap_in_use": {"ПодразделениеОрганизации_Key": guid("it")},
    "invoice": {"Контрагент_Key": guid("somebody")},
}
NAMES = ("rose", "warehouse", "cellar", "anna", "vera", "books", "item p1", "item p3", "supplier", "asset 01")
CASE = Case(
    ORDERS,
    Path(__file__).parent / "drafts-bp30.json",
    ROSE,
    FILLED,
    ROWS,
    EDITS,
    (*NAMES, "boris", "batch p3", "way", "event"),
    ("26", "10.09"),
    {name: {"commission": COMMISSION} for name in ("count_assets", "count_stock")},
)


@pytest.fixture(scope="module")
def firm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Firm]:
    folder = tmp_path_factory.mktemp("documents")
    made = copies(build(folder / "origin"), folder / "firm")()
    made.book_map = load_system("book", "bp30", SETTINGS)
    put = made.world.put
    put("Catalog_Склады", {"Ref_Key": guid("cellar"), "Code": "2", "Description": "Подвал"})
    put("Catalog_Контрагенты", {"Ref_Key": guid("supplier"), "Description": "ООО «Поставка»"})
    put(
        "Catalog_СпособыОтраженияРасходовПоАмортизации",
        {"Description": "Общехозяйственные (26)", "Ref_Key": guid("way")},
    )
    kind = {"ВидСобытияОС": "Модернизация", "Ref_Key": guid("event"), "Description": "Модернизация"}
    put("Catalog_СобытияОС", kind)
    # A user's defaults must not get into what we leave out.
    made.world.set_user_defaults({"Склад_Key": guid("cellar"), "ПодразделениеОрганизации_Key": guid("it")})
    made.book_map = load_system("book", "bp30", SETTINGS)
    made.night()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def bodies(firm: Firm) -> dict[str, dict[str, Any]]:
    return sent(firm, CASE)


def test_every_shape_of_the_mapping_is_ordered_here_or_moves_by_itself() -> None:
    documents = load_system("book", "bp30").documents
    assert set(ORDERS) | {"move", *READ} == set(documents)
    assert set(SHAPES) - set(documents) == {"order", "count_in_use"}  # documents of УТ and ERP


def test_what_is_sent(bodies: dict[str, dict[str, Any]]) -> None:
    golden(CASE, bodies)


def test_nothing_is_posted_and_everything_says_whose_it_is(firm: Firm, bodies: dict[str, dict[str, Any]]) -> None:
    for name in ORDERS:
        draft = draft_of(firm, name, "posted")
        row = firm.world.get(firm.book_map.documents[name].collection, draft.ref)
        assert row is not None
        assert not row["Posted"]
        assert "№ " in row["Комментарий"]
        assert "для posted" in row["Комментарий"]
        assert uuid.UUID(row["Ref_Key"]).version == 5


def test_the_same_orders_again_write_nothing(firm: Firm, bodies: dict[str, dict[str, Any]]) -> None:
    run = firm.engine().draft(CASE.ordered())
    assert (run.drafts, run.writes) == (0, 0)


@pytest.fixture(scope="module")
def handled(firm: Firm, bodies: dict[str, dict[str, Any]]) -> Run:
    """Everything was handled by the accountant, and a night has passed."""
    handle(firm, CASE)
    return firm.night()


def test_each_fate_is_found_and_followed(firm: Firm, handled: Run) -> None:
    assert {name: found for name, found in fates(firm, CASE).items() if found != FOLLOWED} == {}
    assert Counter(row.issue.code for row in firm.open())["order_refused"] == 2 * len(ORDERS)


def test_an_edited_draft_is_never_touched_and_a_deleted_one_never_written_anew(firm: Firm, handled: Run) -> None:
    versions = {n: draft_of(firm, n, "edited").version for n in ORDERS}
    firm.quiet()
    assert {n: draft_of(firm, n, "edited").version for n in ORDERS} == versions
    assert firm.engine().draft(CASE.ordered()).drafts == 0


def test_what_a_person_has_seen_is_not_asked_again(firm: Firm, handled: Run) -> None:
    for row in firm.open("order_refused"):
        firm.store.decide(row.id, "take-book", by="person")
    firm.night()
    assert firm.open("order_refused") == []
    assert draft_of(firm, "consume", "marked").state == "gone"
    firm.quiet()


def test_a_hundred_open_drafts_cost_a_few_requests_a_night(firm: Firm, handled: Run) -> None:
    many = [
        Order(
            "write_off_stock",
            f"many-{n}",
            f"№ {n}",
            {"organization": ROSE, "place": PLACE, "reason": f"{n}"},
            (LINE,),
            day=date(2026, 2, 1) + timedelta(days=n),  # each on a day of its own, so that nothing is grouped
        )
        for n in range(100)
    ]
    assert firm.engine().draft(many).drafts == 100
    waiting = firm.store.drafts(PAIR, ("open", "edited"))
    assert len(waiting) >= 100
    asked: list[str] = []
    real = firm.book._transport._client.request  # type: ignore[attr-defined]

    def request(method: str, path: str, *more: Any, **words: Any) -> Any:
        asked.append(path)
        return real(method, path, *more, **words)

    firm.book._transport._client.request = request  # type: ignore[attr-defined,method-assign]
    firm.night()
    looks = [one for one in asked if "Document_" in one]
    assert len(looks) <= 10 + len(ORDERS), looks


@pytest.mark.parametrize("task", sorted(TASKS))
def test_what_changes_the_company_is_a_task_and_no_draft(firm: Firm, bodies: dict[str, Any], task: str) -> None:
    run = firm.engine().draft(
        [Order(task, f"task-{task}", "№ 7", {"organization": ROSE, "place": PLACE}, (LINE,), "по акту 5")]
    )
    assert run.drafts == 0
    (row,) = [r for r in firm.open("order_task") if r.issue.params["document"] == task]
    assert "ООО «Роза»" in str(row.issue.params["facts"])
    assert "по акту 5" in str(row.issue.params["facts"])


def test_what_cannot_be_known_is_a_question(firm: Firm, bodies: dict[str, Any]) -> None:
    half = Order("issue_person", "half", "№ 8", {"organization": ROSE, "place": PLACE}, (LINE,))
    foreign = Order(
        "consume",
        "foreign",
        "№ 9",
        {"organization": ROSE, "place": PLACE, "department": ref("department", "shop")},
        (LINE,),
    )
    stranger = Order(
        "scrap_person", "stranger", "№ 10", {"organization": ROSE, "person": Ref("desk", "person", "999")}, (LINE,)
    )
    elsewhere = Order("order", "elsewhere", "№ 11", {"organization": ROSE, "place": PLACE}, (LINE,))
    across = Order(
        "stock_transfer",
        "across",
        "№ 12",
        {**ORDERS["stock_transfer"][0], "organization": ROSE, "to_organization": ref("organization", "lily")},
        (LINE,),
    )
    assert firm.engine().draft([half, foreign, stranger, elsewhere, across]).drafts == 0
    codes = {
        r.issue.key.rpartition(":")[2]: (r.issue.code, r.issue.params.get("roles"))
        for r in firm.open()
        if r.issue.key.startswith("order:event:")
    }
    assert {k: codes[k] for k in ("half", "foreign", "stranger", "elsewhere", "across")} == {
        "half": ("order_incomplete", "person"),
        "foreign": ("order_unfit", "department"),
        "stranger": ("order_unresolved", "person"),
        "elsewhere": ("order_no_document", None),
        "across": ("order_task", None),
    }
    # Once what was missing is known, the question is answered by itself.
    whole = Order("issue_person", "half", "№ 8", {"organization": ROSE, "place": PLACE, "person": VERA}, (LINE,))
    assert firm.engine().draft([whole]).drafts == 1
    assert not [r for r in firm.open("order_incomplete") if r.issue.key.endswith(":half")]


def test_events_that_fit_share_a_document(firm: Firm, bodies: dict[str, Any]) -> None:
    head: Values = {"organization": ROSE, "place": PLACE, "person": VERA}
    events = [Order("issue_person", f"share-{n}", f"№ 2{n}", head, (LINE,)) for n in range(3)]
    other = Order("issue_person", "share-other", "№ 30", {**head, "person": ANNA}, (LINE,))
    assert firm.engine().draft([*events, other]).drafts == 2
    row = firm.world.get("Document_ТребованиеНакладная", draft_of_event(firm, "share-0").ref)
    assert row is not None
    assert len(row["Материалы"]) == 3
    assert "№ 20, № 21, № 22" in row["Комментарий"]


def draft_of_event(firm: Firm, event: str) -> Any:
    return next(d for d in firm.store.drafts(PAIR, STATES) if any(m.rule == f"order:{event}" for m in d.members))


ORDERED = """
[[orders]]
document = "stock_transfer"
number = "Заявка 17"
day = 2026-02-04
note = "по распоряжению 5"
organization = "ООО «Роза»"
from_place = "Основной склад"
to_place = "подвал"
rows = [{ item = "Лампа", quantity = 0.5 }]

[[orders]]
document = "upgrade"
number = "Заявка 18"
organization = "7701000001"
department = "Бухгалтерия"
rows = [{ asset = "ОС-01" }]

[[orders]]
document = "write_off_asset"
number = "Заявка 19"
organization = "ООО «Роза»"
rows = [{ asset = "ОС-02" }]
"""


def test_a_person_orders_drafts_on_the_command_line(
    firm: Firm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "orders.toml"
    settings = firm.settings_file(tmp_path / "uchet.toml")
    monkeypatch.setenv("UCHET_SETTINGS", str(settings))

    def cli(*words: str) -> tuple[int, str]:
        capsys.readouterr()
        return main(list(words)), capsys.readouterr().out

    def written() -> int:
        return sum(len(firm.world.rows(name)) for name in {one.collection for one in firm.book_map.documents.values()})

    before = written()
    code, out = cli("draft")
    assert code == 0
    assert "stock_transfer" in out
    assert "from_place*" in out
    # Shown, not written; what changes what the company owns is a question for the accountant.
    file.write_text(ORDERED, "utf-8")
    code, out = cli("draft", str(file))
    assert code == 3
    assert "Перемещение товаров: Заявка 17" in out
    assert "со склада: Основной склад" in out
    assert "1. номенклатура: Лампа; количество: 0,5" in out
    assert "объект: Компьютер 01" in out
    assert "Заявка 19" in out
    assert written() == before
    # Exactly this is written by its number; the same file again writes nothing.
    plan = re.search(r"uchet apply (\w+)", out)
    assert plan
    code, out = cli("apply", plan[1], "--json")
    assert (code, json.loads(out)["run"]["drafts"]) == (0, 2)
    rows = [r for r in firm.world.rows("Document_ПеремещениеТоваров") if "Заявка 17" in r["Комментарий"]]
    (row,) = rows
    assert (row["Date"][:10], row["СкладПолучатель_Key"], row["Товары"][0]["Количество"]) == (
        "2026-02-04",
        guid("cellar"),
        Decimal("0.5"),
    )
    assert "по распоряжению 5" in row["Комментарий"]
    code, out = cli("draft", str(file), "--yes", "--json")
    assert json.loads(out)["operations"] == []
    assert written() == before + 2
    # With --yes it is written at once; JSON is read as well.
    more = {
        "document": "count_stock",
        "number": "К-1",
        "place": "Подвал",
        "rows": [{"item": "Лампа", "counted": "2,5"}],
    }
    other = tmp_path / "orders.json"
    other.write_text(json.dumps({"orders": [{**more, "organization": "ООО «Роза»"}]}), "utf-8")
    code, out = cli("draft", str(other), "--yes", "--lang", "en")
    assert code == 0
    assert "Count of stock: К-1" in out
    assert "drafts 1" in out
    # What cannot be read or is not there says so, and nothing is written.
    for text, said in (
        (ORDERED.replace("stock_transfer", "teleport"), "teleport"),
        (ORDERED.replace("подвал", "чердак"), "to_place: в учёте нет ничего с именем чердак"),
        (ORDERED.replace("quantity = 0.5", 'quantity = "два"'), "два не годится для quantity"),
        ("orders = 5", "orders"),
    ):
        file.write_text(text, "utf-8")
        capsys.readouterr()
        assert main(["draft", str(file), "--yes"]) in (1, 4)
        assert said in capsys.readouterr().err
