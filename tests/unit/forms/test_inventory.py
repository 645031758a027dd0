"""What stands in the inventory forms: the data's own figures, by page and in words, none that nobody gave."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from papers import DAY, Read, paper, written
from planted import Company, company, planted

from uchet.jobs.forms.catalog import form
from uchet.jobs.forms.facts import facts_of
from uchet.jobs.forms.html import html_of
from uchet.jobs.forms.inventory import sheets
from uchet.jobs.forms.layout import DRAFT
from uchet.jobs.forms.lines import Facts, Person, StockLine
from uchet.jobs.forms.settled import Settled, priced
from uchet.jobs.forms.spoken import number_words, rubles
from uchet.jobs.forms.types import Paper, Sheet, Stamp
from uchet.sync.reconcile.compare import compare
from uchet.sync.reconcile.types import Reconciliation

ReadBack = Callable[[Paper], list[Read]]
ZERO = Decimal(0)


@pytest.fixture
def read_back(tmp_path: Path) -> ReadBack:
    return lambda given: written(given, tmp_path / "form.xlsx")


@pytest.fixture
def made() -> Company:
    return company(7)


def test_sums_in_words() -> None:
    assert rubles(Decimal("21001.31")) == "Двадцать одна тысяча один рубль 31 копейка"
    assert rubles(Decimal("0.00")) == "Ноль рублей 00 копеек"
    assert number_words(Decimal("1002")) == "Одна тысяча два"
    assert number_words(Decimal("2.500")) == "Две целых пять десятых"


def test_three_thousand_lines_have_right_pages(read_back: ReadBack) -> None:
    at = Person("o1")
    lines = tuple(
        StockLine(
            f"i{n}|o1|w1", at, "w1", "10.06", f"Товар {n:04}", f"{n:05}", "шт", Decimal(n % 7 + 1),
            Decimal(n % 7 + 1) * Decimal("12.34"), Decimal(n % 5),
        )
        for n in range(3000)
    )  # fmt: skip
    found = sheets("stock", Facts((), lines, (), ()), DAY)
    [read] = read_back(Paper(form("ИНВ-3"), found))
    size = form("ИНВ-3").tables[0].lines
    assert len(read.rows) == 3000
    assert len(read.pages) == -(-3000 // size) == len(read.breaks)
    assert [row["n"] for row in read.rows] == list(range(1, 3001))
    for name, expected in {
        "book_quantity": [one.book for one in lines],
        "book_sum": [one.cost for one in lines],
        "fact_quantity": [one.fact for one in lines],
        "fact_sum": [one.fact_sum for one in lines],
    }.items():
        for n, page in enumerate(read.pages):
            assert page[name] == sum(expected[n * size : (n + 1) * size]), (name, n)  # type: ignore[arg-type]
        assert read.whole[name] == sum(expected)  # type: ignore[arg-type]
    words = dict(read.spoken[-3:])
    assert words["Итого по форме: а) количество порядковых номеров"] == "Три тысячи"
    assert words["Итого по форме: в) на сумму фактически"] == rubles(sum(one.fact_sum or ZERO for one in lines))
    assert read.spoken[0] == ("Итого по странице: а) количество порядковых номеров", number_words(Decimal(size)))
    # One more page is the front; each of them says that it is a draft.
    assert read.texts.count(DRAFT) == len(read.breaks) + 1


def test_every_form_has_the_datas_figures(read_back: ReadBack) -> None:
    made = planted(3, agreeing=5, each=1)
    books = [r for r in made.rows["equipment", "book"].values() if not r.retired]
    cards = [r for r in books if r.values.get("accounting") == "fixed_asset"]
    read = read_back(paper(made, "ИНВ-1", desk=False))
    assert sum(one.whole["book_quantity"] for one in read) == len(cards)
    assert sum(one.whole["book_sum"] for one in read) == sum(r.values["cost"] for r in cards)  # type: ignore[misc]
    assert not any("fact_quantity" in one.whole for one in read), "nobody counted: no figure, not even nought"
    held = [*made.rows["holding", "book"].values(), *made.rows.get(("position", "book"), {}).values()]
    held = [r for r in held if not str(r.values.get("account", "")).startswith("08")]
    read = read_back(paper(made, "ИНВ-3", desk=False))
    wanted = sum((r.values["quantity"] for r in held), ZERO)  # type: ignore[misc]
    assert sum(one.whole["book_quantity"] for one in read) == wanted
    rights = made.rows.get(("licence", "book"), {})
    assert sum(len(one.rows) for one in read_back(paper(made, "ИНВ-1а"))) == len(rights)


def test_a_missing_and_a_surplus_thing(made: Company, read_back: ReadBack) -> None:
    where = {"organization": "o1", "custodian": "o1p1", "department": "o1d1"}
    made.thing("book", **where, name="Пропавший", cost=Decimal("1000.50"))
    made.thing("desk", **where, name="Лишний", cost=Decimal("7.00"))
    made.thing(**where, name="На месте", cost=Decimal("10.00"))
    [one] = read_back(paper(made, "ИНВ-1"))
    assert {row["title"]: row["fact_quantity"] for row in one.rows} == {"Пропавший": 0, "На месте": 1}
    assert one.whole["fact_sum"] == Decimal("10.00")
    [two] = read_back(paper(made, "ИНВ-18"))
    rows = {row["title"]: row for row in two.rows}
    assert rows.keys() == {"Пропавший", "Лишний"}
    assert (rows["Пропавший"]["shortage_quantity"], rows["Пропавший"]["shortage_sum"]) == (1, 1000.5)
    assert rows["Лишний"]["surplus_quantity"] == 1
    assert rows["Лишний"]["surplus_sum"] is None, "what a surplus is worth people decide"
    [three] = read_back(paper(made, "ИНВ-26"))
    assert three.whole == {"shortage_sum": Decimal("1000.50")}
    assert "Без стоимости (её определяет комиссия): 1." in three.texts
    [card] = read_back(paper(made, "Карточка сотрудника"))
    assert {row["title"]: (row["account"], row["sum"]) for row in card.rows} == {
        "Пропавший": ("01", 1000.5), "На месте": ("01", 10), "Лишний": ("ИТ", None),
    }  # fmt: skip


def test_an_employees_card_has_what_either_side_has_with_them(read_back: ReadBack) -> None:
    made = company(7)
    at = {"organization": "o1", "department": "o1d0", "custodian": "o1p0"}
    made.thing(**at, name="У обоих")
    moved, shown = made.thing(**at, name="Отдан")
    made.change("equipment", "desk", shown, custodian="o1p1")
    made.thing("desk", **at, name="Без карточки", serial="SN-X")
    made.thing("desk", **at | {"custodian": None}, name="Ничей")
    gone, used = made.thing(**at, name="Списан")
    made.change("equipment", "book", gone, retired=True)
    cards = read_back(paper(made, "Карточка сотрудника", desk=False))
    told = [{row["title"]: row["account"] for row in one.rows} for one in cards]
    assert told == [{"У обоих": "01", "Отдан": "01", "Без карточки": "ИТ", "Списан": "ИТ"}, {"Отдан": "ИТ"}]
    number = made.rows["equipment", "book"][moved].values["inventory_number"]
    assert f"В учёте ИТ не у сотрудника: {number} Отдан (Сотрудник o1 1)." in cards[0].texts
    assert "Строки со счетом «ИТ» числятся за сотрудником только в учёте ИТ." in cards[0].texts
    assert not [text for text in cards[0].texts if "не прочитан" in text]
    assert used


def test_a_card_without_the_desk_says_so() -> None:
    made = company(7)
    made.thing(organization="o1", department="o1d0", custodian="o1p0", name="Ноутбук")
    look = made.look()
    lost = {key: one for key, one in look.snapshot.listings.items() if key != ("equipment", "desk")}
    without = replace(look, snapshot=replace(look.snapshot, listings=lost))
    made_of = Reconciliation("r1", None, look.snapshot.taken, {}, look.snapshot.sources, (), compare(look).compared)
    facts = facts_of(without, made_of, False, lambda key: False, lambda record: True, people=True)
    [card] = sheets("custody", facts, DAY)
    assert card.notes == ("Учёт ИТ не прочитан: числится ли там за сотрудником ещё что-то, неизвестно.",)


# -- ИНВ-19 ------------------------------------------------------------------------------------------------------------

PARTS = {
    "surplus": ("surplus", ("clarified_surplus", "offset_surplus", "final_surplus")),
    "shortage": (
        "shortage",
        (
            *("clarified_shortage", "offset_shortage", "final_shortage"),
            *("final_shortage_2", "final_shortage_3"),
        ),
    ),
}


def check_identities(row: dict[str, object]) -> None:
    """8 = 12 + 18 + 24 and 10 = 15 + 21 + 27 + 29 + 31; by sums too where there is one."""

    def value(name: str) -> Decimal:
        return Decimal(str(row.get(name) or 0))

    for whole, parts in PARTS.values():
        assert value(f"{whole}_quantity") == sum(value(f"{part}_quantity") for part in parts)
        assert value(f"{whole}_sum") == sum(value(f"{part}_sum") for part in parts)


def test_the_parts_are_the_columns_of_the_identities() -> None:
    numbers = {one.name: one.number for one in form("ИНВ-19").tables[0].columns}
    for (whole, parts), wanted in zip(
        PARTS.values(), (["8", "12", "18", "24"], ["10", "15", "21", "27", "29", "31"]), strict=True
    ):
        assert [numbers[f"{one}_quantity"] for one in (whole, *parts)] == wanted


amounts = st.decimals("0", "10000", places=3)


@settings(max_examples=300)  # plain arithmetic: more find nothing more
@given(book=amounts, fact=amounts, cost=st.decimals("0", "1000000", places=2), part=amounts, data=st.data())
def test_identities_hold_for_any_figures(
    book: Decimal, fact: Decimal, cost: Decimal, part: Decimal, data: st.DataObject
) -> None:
    offset = data.draw(st.decimals("0", str(abs(fact - book)), places=3))
    waiting = data.draw(st.sampled_from((part, -part)))
    line = StockLine(
        "a|o1|w1", Person("o1"), "w1", "10.06", "А", "1", "шт", book, cost, fact, waiting, offset, pair="b|o1|w1"
    )
    [*found] = sheets("stock_compared", Facts((), (line,), (), ()), DAY)
    if book == fact:
        assert not found
        return
    [row] = found[0].rows["lines"]
    check_identities(dict(row))
    over = fact > book
    assert (row.get("surplus_quantity"), row.get("shortage_quantity")) == (
        (fact - book, None) if over else (None, book - fact)
    )


def test_parts_that_are_more_than_the_whole_are_refused() -> None:
    with pytest.raises(ValueError, match="no part"):
        Settled(Decimal(-2), None, clarified=Decimal(1), offset=Decimal(2))
    assert priced(Decimal(3), Decimal(3), Decimal("10.00")) == Decimal("10.00")
    assert priced(Decimal(2), Decimal(3), Decimal("10.00")) == Decimal("6.67")
    assert priced(Decimal(2), ZERO, ZERO) is None, "no price is invented"


def test_what_is_on_its_way_and_what_was_offset_stand_in_their_columns(made: Company, read_back: ReadBack) -> None:
    made.stock("Картридж HP 12A", "w1", 10, 8)
    made.stock("Картридж HP 26X", "w1", 10, 12, cost=150)
    made.stock("Тонер", "w1", 20, 17)
    made.waiting[f"s{made.number}"] = Decimal(-1)
    [proposed] = read_back(paper(made, "ИНВ-19"))
    assert not any(row["offset_shortage_quantity"] for row in proposed.rows), "a proposal is no decision"
    [one] = read_back(paper(made, "ИНВ-19", accepted=True))
    for row in (*one.rows, *proposed.rows):
        check_identities(row)
    by_title = {row["title"]: row for row in one.rows}
    short, long, toner = (by_title[name] for name in ("Картридж HP 12A", "Картридж HP 26X", "Тонер"))
    assert (short["offset_shortage_quantity"], short["offset_shortage_sum"]) == (2, 200)
    assert (short["offset_shortage_line"], long["offset_surplus_line"]) == (long["n"], short["n"])
    assert (long["offset_surplus_quantity"], long["final_surplus_quantity"]) == (2, None)
    assert (toner["shortage_quantity"], toner["clarified_shortage_quantity"]) == (3, 1)
    assert (toner["final_shortage_quantity"], toner["clarified_shortage_account"]) == (2, "10.06")
    [results] = read_back(paper(made, "ИНВ-26", accepted=True))
    assert results.whole == {"surplus_sum": 300, "shortage_sum": 500, "offset_sum": 200}


def test_an_item_that_the_desk_never_kept_has_no_fact(made: Company, read_back: ReadBack) -> None:
    made.stock("Тонер", "w1", 5, 4)
    made.stock("Бензин", "w1", 500, None)
    [one] = read_back(paper(made, "ИНВ-3"))
    assert {row["title"]: row["fact_quantity"] for row in one.rows} == {"Тонер": 4, "Бензин": None}
    assert "Строк без фактических данных: 1 из 2." in one.texts
    [two] = read_back(paper(made, "ИНВ-19"))
    assert [row["title"] for row in two.rows] == ["Тонер"]


def test_only_what_is_inside_stands_in_a_form(made: Company) -> None:
    made.thing(organization="o1", name="Наш")
    made.thing(organization="o2", name="Чужой")
    look = made.look()
    kept = Reconciliation("r1", None, look.snapshot.taken, {}, (), (), {})
    ours = look.snapshot.listings["organization", "book"].records["o1"].ref
    facts = facts_of(look, kept, False, lambda key: False, lambda r: r.values.get("organization") == ours)
    assert [one.title for one in facts.things] == ["Наш"]


# -- what data may not do ----------------------------------------------------------------------------------------------


def test_data_never_becomes_a_formula_or_markup(made: Company, read_back: ReadBack) -> None:
    evil = ('=HYPERLINK("http://x","y")', "+1+1", "-2", "@SUM(A1)", "<script>alert(1)</script>", "a\x0bb")
    for n, name in enumerate(evil):
        made.thing(organization="o1", custodian="o1p1", department="o1d1", name=name, inventory_number=f"=1+{n}")
    given = paper(made, "ИНВ-1")
    [read] = read_back(given)
    assert {str(row["title"]).replace("_x000B_", "\x0b") for row in read.rows} == set(evil)
    assert all(str(row["inventory_number"]).startswith("=1+") for row in read.rows)
    page = html_of(given)
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_html_has_the_same_pages_and_figures(made: Company) -> None:
    for n in range(40):
        made.stock(f"Тонер {n:02}", "w1", 5, 4)
    given = replace(paper(made, "ИНВ-3"), stamp=Stamp("r1", made.snapshot().taken, None, "abc", ("НЕ ПРОЧИТАНО: x",)))
    page = html_of(given)
    assert page.count("<section>") == 4, "the front, and forty lines on three pages"
    assert page.count(DRAFT) == 4
    assert page.count("Итого по странице: б)") == 3
    assert "20\N{NO-BREAK SPACE}000,00" in page
    assert "НЕ ПРОЧИТАНО: x" in page
    assert "отпечаток abc" in page
    assert re.search(r"<td[^>]*>Итого</td>", page)
    assert DRAFT not in html_of(replace(given, posted=True))


def test_names_of_worksheets_are_ones_that_excel_takes(read_back: ReadBack) -> None:
    long = "Очень длинное название склада в подвале [1] / левое"
    given = Paper(form("ИНВ-3"), (Sheet(long), Sheet(long), Sheet(long.upper()), Sheet("")))
    assert len(read_back(given)) == 4
