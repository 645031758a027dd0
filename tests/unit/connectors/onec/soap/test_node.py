"""What a node brought: laid in once however often it is delivered, never lost, and the same as OData tells it."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from uchet.connectors.base import Query, Raw
from uchet.connectors.http import Retries
from uchet.connectors.onec.odata import OnecConnector
from uchet.connectors.onec.soap.connector import EnterpriseConnector
from uchet.connectors.onec.soap.node import Node
from uchet.emulator import Emulator
from uchet.emulator.soap.exchange import PLAN
from uchet.emulator.soap.message import Confirmation, Header, Sent, packed, written
from uchet.errors import Blocked, Retry, UchetError, Unknown
from uchet.mappings.check import check
from uchet.mappings.load import load_system
from uchet.sync.intake import Intake

PEER = "uchet"
KEYS = [f"{n:08d}-0000-4000-8000-000000000000" for n in range(10)]
STORES = "Catalog_Склады"


class Post:
    """An exchange without 1C: messages given in advance, confirmations kept, either failing when told to."""

    def __init__(self) -> None:
        self.inbox: list[bytes] = []
        self.sent: list[bytes] = []
        self.fails: list[UchetError] = []

    def receive(self, file: Path) -> None:
        file.write_bytes(self.inbox.pop(0))

    def send(self, file: Path) -> None:
        self.sent.append(file.read_bytes())
        if self.fails:
            raise self.fails.pop(0)

    def test(self) -> None:
        """Nothing to ask."""


def store(key: str, name: str, more: str = "") -> str:
    return (
        f"<Справочник.Склады><КлючевыеСвойства><Ссылка>{key}</Ссылка><Наименование>{name}</Наименование>"
        f"</КлючевыеСвойства>{more}</Справочник.Склады>"
    )


def gone(key: str) -> str:
    inside = f"<СсылкаНаОбъект><СсылкаНаОбъект><СкладыСсылка>{key}</СкладыСсылка></СсылкаНаОбъект></СсылкаНаОбъект>"
    return f"<УдалениеОбъекта>{inside}</УдалениеОбъекта>"


def message(number: int, *objects: str, received: int = 0, sender: str = "БП", version: str = "1.19") -> bytes:
    types = tuple(Sent(name, "1.8,1.19", "") for name in ("Справочник.Склады", "Справочник.Контрагенты"))
    told = Confirmation(PLAN, PEER, sender, number, received)
    return packed(written(Header(version, "2026-01-01T00:00:00", told, ("1.8", "1.19"), types), objects))


@pytest.fixture
def post() -> Post:
    return Post()


@pytest.fixture
def node(post: Post, tmp_path: Path) -> Node:
    return opened(post, tmp_path)


def opened(post: Post, folder: Path) -> Node:
    def noon() -> datetime:
        return datetime(2026, 1, 1, 12)

    return Node(post, folder, "base", noon)  # type: ignore[arg-type]


def names(node: Node) -> dict[str, Any]:
    return {row["Ref_Key"]: (row["Description"], row["DeletionMark"]) for row in node.rows(STORES)}


def numbers(archive: bytes) -> tuple[str, str, str, str]:
    """To, from, number and confirmed number of a message of ours, read by its text alone."""
    with zipfile.ZipFile(io.BytesIO(archive)) as found:
        text = found.read("data.xml").decode()
    parts = [text.partition(f"<msg:{name}>")[2].partition("<")[0] for name in ("To", "From", "MessageNo", "ReceivedNo")]
    return parts[0], parts[1], parts[2], parts[3]


def test_a_message_is_laid_in_and_confirmed_and_the_next_one_changes_it(node: Node, post: Post) -> None:
    post.inbox = [message(1, store(KEYS[1], "Первый"), store(KEYS[2], "Второй"))]
    node.receive()
    assert names(node) == {KEYS[1]: ("Первый", False), KEYS[2]: ("Второй", False)}
    assert [numbers(sent) for sent in post.sent] == [("БП", PEER, "1", "1")]
    post.inbox = [message(2, store(KEYS[2], "2"), store(KEYS[3], "3"), store(KEYS[2], "2 ещё раз"), received=1)]
    node.receive()
    assert names(node) == {KEYS[1]: ("Первый", False), KEYS[2]: ("2 ещё раз", False), KEYS[3]: ("3", False)}
    assert numbers(post.sent[-1]) == ("БП", PEER, "2", "2")
    post.inbox = [message(3, received=2)]
    node.receive()
    assert len(post.sent) == 2, "nothing came, so there is nothing to confirm"


@pytest.mark.parametrize("error", [Retry("x", "x"), Unknown("x", "x")])
def test_what_was_not_confirmed_comes_again_and_is_there_once(
    error: UchetError, node: Node, post: Post, tmp_path: Path
) -> None:
    post.inbox, post.fails = [message(1, store(KEYS[1], "Первый"))], [error]
    node.receive()
    assert (names(node), node.notes) == ({KEYS[1]: ("Первый", False)}, ())
    later = opened(post, tmp_path)
    happened = isinstance(error, Unknown)  # 1C took the confirmation in, and its answer was lost
    post.inbox = [message(2, store(KEYS[1], "Первый"), store(KEYS[2], "Второй"), received=1 if happened else 0)]
    later.receive()
    assert names(later) == {KEYS[1]: ("Первый", False), KEYS[2]: ("Второй", False)}
    assert numbers(post.sent[-1])[2:] == ("2", "2"), "a number that 1C may have seen is never used again"


def test_a_run_that_dies_before_the_number_is_kept_loses_nothing(
    node: Node, post: Post, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    post.inbox = [message(1, store(KEYS[1], "Первый"), store(KEYS[2], "Второй"))]
    with monkeypatch.context() as patch:
        patch.setattr(node, "_keep", lambda state: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            node.receive()
    assert not post.sent
    later = opened(post, tmp_path)
    post.inbox = [message(2, store(KEYS[1], "Первый"), gone(KEYS[2]))]
    later.receive()
    assert names(later) == {KEYS[1]: ("Первый", False), KEYS[2]: ("Второй", True)}


def test_a_confirmation_that_is_refused_is_told_and_spoils_nothing(node: Node, post: Post) -> None:
    post.inbox, post.fails = [message(1, store(KEYS[1], "Первый"))], [Blocked("exchange_failed", "x")]
    node.receive()
    assert [note.code for note in node.notes] == ["exchange_failed"]
    assert names(node) == {KEYS[1]: ("Первый", False)}


def test_what_is_gone_stays_known_with_its_mark_and_what_was_never_here_does_not_appear(node: Node, post: Post) -> None:
    post.inbox = [message(1, store(KEYS[1], "Первый"), gone(KEYS[9])), message(2, gone(KEYS[1]), received=1)]
    node.receive()
    node.receive()
    assert names(node) == {KEYS[1]: ("Первый", True)}
    post.inbox = [message(3, store(KEYS[1], "Снова"), received=2), message(4, store(KEYS[2], "х"), received=3)]
    node.receive()
    node.receive()
    assert names(node) == {KEYS[1]: ("Снова", False), KEYS[2]: ("х", False)}


def test_types_that_are_not_read_and_objects_without_a_key_are_passed_over(node: Node, post: Post) -> None:
    stranger = f"<Справочник.Контрагенты><Ссылка>{KEYS[5]}</Ссылка></Справочник.Контрагенты>"
    nameless = (
        "<Справочник.Склады><КлючевыеСвойства><Наименование>?</Наименование></КлючевыеСвойства></Справочник.Склады>"
    )
    post.inbox = [message(1, stranger, nameless, store(KEYS[1], "Первый"))]
    node.receive()
    assert names(node) == {KEYS[1]: ("Первый", False)}
    assert list(node.kinds()) == [STORES]


CASES: Mapping[str, tuple[Callable[[Path], list[bytes]], str]] = {
    "1C restored from a copy": (lambda _: [message(1, received=1)], "message_old"),
    "another base": (lambda _: [message(9, received=1, sender="УТ")], "other_base"),
    "our folder restored": (lambda _: [message(9, received=5)], "copy_behind"),
    "no message": (lambda _: [packed(b"<Message/>")], "message_form"),
    "settings alone": (lambda _: [message(9, version="")], "message_form"),
}


@pytest.mark.parametrize("case", CASES)
def test_a_side_that_went_back_in_time_is_noticed(case: str, node: Node, post: Post, tmp_path: Path) -> None:
    post.inbox = [message(1, store(KEYS[1], "Первый"))]
    node.receive()
    inbox, code = CASES[case]
    post.inbox = inbox(tmp_path)
    with pytest.raises(Blocked) as error:
        node.receive()
    assert (error.value.code, bool(error.value.hint)) == (code, True)
    assert names(node) == {KEYS[1]: ("Первый", False)}
    assert len(post.sent) == 1


@pytest.mark.parametrize("name", ["node.json", "copy-*.kept"])
def test_a_lost_file_is_noticed_and_never_taken_for_an_empty_base(
    name: str, node: Node, post: Post, tmp_path: Path
) -> None:
    post.inbox = [message(1, store(KEYS[1], "Первый"))]
    node.receive()
    for file in tmp_path.rglob(name):
        file.unlink()
    later = opened(post, tmp_path)
    post.inbox = [message(2, store(KEYS[2], "Второй"), received=1)]
    with pytest.raises(Blocked, match=r"copy knows nothing|confirmations"):
        later.receive()
    if name != "node.json":
        with pytest.raises(Blocked):
            names(later)


def _sly(declared: str, used: str) -> bytes:
    """A message with a document type and an object that uses what it declares."""
    with zipfile.ZipFile(io.BytesIO(message(2, store(KEYS[2], "@"), received=1))) as found:
        text = found.read("data.xml").decode()
    return packed(f"<!DOCTYPE Message {declared}>{text.replace('@', used)}".encode())


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
ATTACKS: Mapping[str, tuple[Callable[[Path], bytes], str]] = {
    "a file": (lambda secret: _sly(f'[<!ENTITY x SYSTEM "{secret.as_uri()}">]', "&x;"), "document_type"),
    "an address": (lambda _: _sly('SYSTEM "http://127.0.0.1:9/x.dtd"', "x"), "document_type"),
    "billion laughs": (lambda _: _sly(f'[<!ENTITY l0 "ха">{LAUGHS}]', "&l9;"), "document_type"),
    "an oversized text": (lambda _: message(2, store(KEYS[2], "a" * 11_000_000), received=1), "huge_text"),
    "cut off": (lambda _: _cut(message(2, store(KEYS[2], "Второй"), received=1)), "malformed"),
}


def _cut(archive: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(archive)) as found:
        return packed(found.read("data.xml")[:-40])


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_message_that_attacks_leaves_no_trace(
    attack: str, node: Node, post: Post, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing of it in the copies, in files beside them, in the error or in the log; it is not confirmed; the next
    good message is taken as if it had never come."""
    secret = tmp_path / "secret.txt"
    secret.write_text("Тайна-41", encoding="utf-8")
    post.inbox = [message(1, store(KEYS[1], "Первый"))]
    node.receive()
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    made, code = ATTACKS[attack]
    post.inbox = [made(secret)]
    with pytest.raises(UchetError) as caught:
        node.receive()
    assert (caught.value.code, bool(caught.value.hint)) == (code, True)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before
    told = capsys.readouterr()
    assert "Тайна" not in f"{caught.value} {caught.value.evidence} {told.out} {told.err}"
    assert len(post.sent) == 1
    post.inbox = [message(3, store(KEYS[2], "Второй"), received=1)]
    node.receive()
    assert names(node) == {KEYS[1]: ("Первый", False), KEYS[2]: ("Второй", False)}


def test_an_oversized_text_in_a_message_is_taken_by_setting_alone(post: Post, tmp_path: Path) -> None:
    trusting = Node(post, tmp_path, "base", huge=True)  # type: ignore[arg-type]
    post.inbox = [message(1, store(KEYS[1], "a" * 11_000_000))]
    trusting.receive()
    assert len(names(trusting)[KEYS[1]][0]) == 11_000_000


def test_a_value_that_means_nothing_is_left_for_its_record_to_answer(node: Node, post: Post) -> None:
    line = "<Строка><Количество>1,5</Количество></Строка><Строка><Количество>2.500</Количество></Строка>"
    text = (
        f"<Документ.ПеремещениеТоваров><КлючевыеСвойства><Ссылка>{KEYS[1]}</Ссылка><Дата>вчера</Дата>"
        f"</КлючевыеСвойства><Товары>{line}</Товары></Документ.ПеремещениеТоваров>"
    )
    post.inbox = [message(1, text)]
    node.receive()
    (row,) = node.rows("Document_ПеремещениеТоваров")
    assert (row["Date"], [one["Количество"] for one in row["Товары"]]) == ("вчера", ["1,5", Decimal("2.500")])


def test_what_stands_on_disk_is_for_its_owner_alone(node: Node, post: Post, tmp_path: Path) -> None:
    post.inbox = [message(1, store(KEYS[1], "Первый"))]
    node.receive()
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {path.suffix for path in files} == {".kept", ".json"}
    assert {oct(path.stat().st_mode & 0o777) for path in files} == {"0o600"}
    assert json.loads((files[0].parent / "node.json").read_text("utf-8"))["received"] == 1


# --- against the emulator: the same records as over OData


@pytest.fixture(params=["1.8", "1.19"])
def base(request: pytest.FixtureRequest) -> Iterator[Emulator]:
    with Emulator() as started:
        _fill(started)
        started.soap.exchange.add_node(PEER, request.param)
        yield started


def _fill(base: Emulator) -> None:
    put = base.world.put
    group = put("Catalog_Номенклатура", {"Description": "Расходники", "IsFolder": True})
    unit = put("Catalog_КлассификаторЕдиницИзмерения", {"Code": "796", "Description": "шт"})
    good = {"Description": "Картридж <76A>", "НаименованиеПолное": "Картридж & тонер", "Артикул": "CF276A"}
    item = put("Catalog_Номенклатура", {**good, "Code": "00-1", "Parent_Key": group, "ЕдиницаИзмерения_Key": unit})
    firm = put("Catalog_Организации", {"Description": "Ромашка", "ИНН": "7700000000"})
    one, two = (put(STORES, {"Description": name, "ТипСклада": "ОптовыйСклад"}) for name in ("Основной", "Киоск"))
    put(
        "Catalog_ОсновныеСредства",
        {"Description": "Ноутбук", "ЗаводскойНомер": "PF1", "ДатаВыпуска": "2024-05-01T00:00:00"},
    )
    supplier = put("Catalog_Контрагенты", {"Description": "ООО «Тонер»"})
    account = base.world.account("10.09")
    row = {"Номенклатура_Key": item, "Количество": Decimal("2.500"), "СчетУчета_Key": account}
    head = {"Date": "2026-02-10T12:00:00", "Организация_Key": firm, "Комментарий": "по заявке № 5"}
    ends = {"СкладОтправитель_Key": one, "СкладПолучатель_Key": two, "ВидОперации": "ПередачаМеждуСкладами"}
    base.world.write_document("Document_ПеремещениеТоваров", {**head, **ends, "Товары": [row]})
    bought = {
        **head,
        "Контрагент_Key": supplier,
        "ДоговорКонтрагента_Key": put("Catalog_ДоговорыКонтрагентов", {"Description": "1"}),
    }
    priced = {**row, "Цена": Decimal("10.50"), "Сумма": Decimal("26.25")}
    base.world.write_document(
        "Document_ПоступлениеТоваровУслуг", {**bought, "Склад_Key": one, "ВидОперации": "Товары", "Товары": [priced]}
    )
    bill = {name: value for name, value in priced.items() if name != "СчетУчета_Key"}
    base.world.write_document("Document_СчетНаОплатуПоставщика", {**bought, "Товары": [{**bill, "СтавкаНДС": "НДС20"}]})


def through(base: Emulator, folder: Path) -> EnterpriseConnector:
    url = base.url.removesuffix("/odata/standard.odata/")
    return EnterpriseConnector(url, node=PEER, poll=0.01, cache=folder, retries=Retries(attempts=1))


#: Set over the node → the set over OData (one document crosses under another name).
SETS = {
    "Catalog_Номенклатура": "Catalog_Номенклатура",
    STORES: STORES,
    "Catalog_ОсновныеСредства": "Catalog_ОсновныеСредства",
    "Document_ПеремещениеТоваров": "Document_ПеремещениеТоваров",
    "Document_ПоступлениеТоваровУслуг": "Document_ПоступлениеТоваровУслуг",
    "Document_ЗаказПоставщику": "Document_СчетНаОплатуПоставщика",
}
#: What the format has beside the card's own attributes.
BESIDE = {"ИнвентарныйНомер", "ПервоначальнаяСтоимость", "ДатаПринятияКУчету"}


def test_records_are_those_of_odata(base: Emulator, tmp_path: Path) -> None:
    soap, odata = through(base, tmp_path), OnecConnector(base.url)
    described = soap.describe().collections
    assert described.keys() == SETS.keys()
    for name, other in SETS.items():
        folders = {"IsFolder": False} if name.startswith("Catalog_") else {}
        mine, theirs = _all(soap, name, folders), _all(odata, other, folders if other != STORES else {})
        assert mine, name
        assert mine.keys() == theirs.keys(), name
        for id, raw in mine.items():
            found = {field: value for field, value in raw.data.items() if field not in BESIDE}
            assert found == _narrowed(theirs[id].data, found), name
            assert {*raw.data} <= {*described[name]}
            assert not {field for field in raw.data if not described[name][field].type}, "not carried, and yet there"
    soap.close()
    odata.close()


def _all(connector: Any, collection: str, where: Mapping[str, Any]) -> dict[str, Raw]:
    return {raw.id: raw for page in connector.read(Query(collection, where=where)) for raw in page.records}


def _narrowed(whole: Mapping[str, Any], like: Mapping[str, Any]) -> dict[str, Any]:
    """The part of an OData record that the format carries; a text that is not sent is an empty one."""
    found = {}
    for name, value in like.items():
        held = whole[name]
        if isinstance(value, list):
            rows = zip(held, value, strict=True)
            found[name] = [{key: row[key] for key in mine} for row, mine in rows]
        else:
            found[name] = held.rstrip(" ") if isinstance(held, str) else held
    return found


def test_a_change_over_odata_arrives_once_and_alone(base: Emulator, tmp_path: Path) -> None:
    soap = through(base, tmp_path)
    soap.describe()
    before = _all(soap, STORES, {})
    assert base.soap.exchange.waiting(PEER) == 0
    key = next(iter(before))
    base.world.edit(STORES, key, {"Description": "Новое имя"})
    assert base.soap.exchange.waiting(PEER) == 1
    soap.describe()
    after = _all(soap, STORES, {})
    assert base.soap.exchange.waiting(PEER) == 0
    assert {id for id in after if after[id].data != before[id].data} == {key}
    assert after[key].data["Description"] == "Новое имя"
    soap.close()


def test_a_set_is_blocked_where_the_rules_do_not_send_it_or_a_condition_cannot_be_told(
    base: Emulator, tmp_path: Path
) -> None:
    soap = through(base, tmp_path)
    for query in (
        Query("Catalog_Организации"),
        Query(STORES, params={"period": "2026-01-01"}),
        Query(STORES, where={"Code": "1"}),
        Query(STORES, fields=("НетТакого",)),
    ):
        with pytest.raises(Blocked):
            list(soap.read(query))
    (page,) = soap.read(Query(STORES, fields=("Description", "Code"), where={"Description": ("Киоск", "нет")}))
    assert [raw.data["Description"] for raw in page.records] == ["Киоск"]
    assert "Code" not in page.records[0].data, "absent, not empty"
    soap.close()


def test_without_a_folder_nothing_is_asked() -> None:
    with pytest.raises(UchetError, match="no folder"):
        EnterpriseConnector("http://127.0.0.1:1/base", node=PEER)


def test_nodes_are_kept_apart_by_base_and_code(base: Emulator, tmp_path: Path) -> None:
    base.soap.exchange.add_node("второй")
    url = base.url.removesuffix("/odata/standard.odata/")
    first = through(base, tmp_path)
    second = EnterpriseConnector(url, node="второй", poll=0.01, cache=tmp_path)
    for connector in (first, second):
        connector.describe()
        assert len(_all(connector, STORES, {})) == 2
        connector.close()
    assert len(list(tmp_path.glob("onec-node-*"))) == 2


def test_a_set_that_odata_does_not_publish_is_read_through_the_node(base: Emulator, tmp_path: Path) -> None:
    base.world.unpublish(STORES)
    limits: dict[str, Any] = {"poll": 0.01, "cache": tmp_path, "retries": Retries(attempts=1)}
    with_node = OnecConnector(base.url, exchange_node=PEER, **limits)
    described = with_node.describe().collections
    assert described[STORES]["Description"].type == "Edm.String"
    assert "Сотрудник_Key" in described["InformationRegister_ТекущиеКадровыеДанныеСотрудников"]
    assert len(_all(with_node, STORES, {"IsFolder": False})) == 2
    assert with_node.undecoded(Query(STORES)) is None
    assert all(raw.version for raw in _all(with_node, "Catalog_Номенклатура", {}).values()), "OData goes before"
    with pytest.raises(Blocked):
        with_node.get(STORES, KEYS[1])
    with_node.close()
    without = OnecConnector(base.url)
    with pytest.raises(Blocked):
        list(without.read(Query(STORES)))
    without.close()


def test_the_records_of_the_merge_are_those_of_an_odata_book(base: Emulator, tmp_path: Path) -> None:
    """The mapping for a node alone beside the one of БП 3.0: the same values, fewer fields."""
    soap, odata = through(base, tmp_path), OnecConnector(base.url)
    alone, whole = load_system("book", "enterprisedata"), load_system("book", "bp30")
    assert check(alone, soap.describe().collections) == []
    mine, theirs = (
        Intake("book", connector, system, datetime(2026, 3, 1)) for connector, system in ((soap, alone), (odata, whole))
    )
    for kind in ("place", "item", "request"):
        here, there = mine.load(kind), theirs.load(kind)
        assert here is not None
        assert there is not None
        assert here.complete
        assert here.records, kind
        assert here.records.keys() == there.records.keys()
        for id, record in here.records.items():
            assert record.values == {name: there.records[id].values[name] for name in record.values}, kind
    assert not mine.issues
    soap.close()
    odata.close()


def test_what_the_rules_do_not_send_is_told_in_the_administrators_words() -> None:
    alone = load_system("book", "enterprisedata")
    (problem,) = check(alone, {})
    assert (problem.code, problem.params["collection"]) == ("not_published", STORES)
    assert "exchange node" in problem.template
    lacking = load_system("book", "enterprisedata", {"kinds.place.fields.name.wire": "Нет"})
    described = {STORES: dict.fromkeys(("Ref_Key", "ТипСклада", "DeletionMark", "IsFolder"))}
    (problem,) = check(lacking, described)  # type: ignore[arg-type]
    assert (problem.code, problem.params["name"]) == ("field_missing", "Нет")
    assert "EnterpriseData" in problem.template
