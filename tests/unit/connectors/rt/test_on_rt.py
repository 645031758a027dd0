"""Each trap of a real RT 5 met on a real RT 5, on SQLite."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from rt_server import PASSWORDS, raised

from uchet.connectors.base import Query, Raw, Write
from uchet.connectors.contract_proxy import Answer, Proxy, Request
from uchet.connectors.http import Retries
from uchet.connectors.rt.connector import MARKER, RtConnector
from uchet.connectors.rt.server import INITIALDATA, Desk, insert, seed
from uchet.connectors.rt.setup import prepare
from uchet.errors import Blocked, Fatal, Reject

THINGS, PLACES, BUY, STOCK = "catalog:Оборудование", "catalog:Места", "queue:Закупки", "queue:Расходные материалы"


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    with raised("sqlite") as running:
        yield running


@pytest.fixture
def rt(desk: Desk) -> Iterator[RtConnector]:
    connector = RtConnector(desk.url, PASSWORDS["uchet"], "uchet", retries=Retries(attempts=1), timeout=30)
    yield connector
    connector.close()


@pytest.fixture(scope="module")
def root(desk: Desk) -> Iterator[Callable[..., Any]]:
    """An administrator of RT, past our connector."""
    with requests.Session() as http:
        http.trust_env = False
        http.auth = ("root", PASSWORDS["root"])

        def call(method: str, path: str, body: Any = None, **query: str) -> Any:
            answer = http.request(method, f"{desk.url}/REST/2.0/{path}", json=body, params=query, timeout=30)
            assert answer.status_code < 400, (path, answer.text)
            return answer.json() if answer.content else None

        yield call


def perl(desk: Desk, folder: Path, code: str) -> None:
    """A change that REST does not offer."""
    path = folder / "change.initialdata"
    path.write_text(f"use utf8; our @Final = ( sub {{ {code} }} ); 1;\n", encoding="utf-8")
    insert(desk.home, path)


def unique_marker(desk: Desk, folder: Path, unique: int) -> None:
    """Whether RT looks for a marker before it takes it again; fields made by an older file of ours do not."""
    perl(desk, folder, "my $f = RT::CustomFields->new(RT->SystemUser);"
                       f"$f->Limit(FIELD => 'Name', VALUE => '{MARKER}');"
                       f"while (my $one = $f->Next) {{ $one->SetUniqueValues({unique}) }}")  # fmt: skip


def made(rt: RtConnector, collection: str, key: str, **values: Any) -> Raw:
    return rt.write(Write(collection, None, {n.replace("__", "."): v for n, v in values.items()}, marker=key)).raw


def test_pages_hold_a_hundred_whatever_is_asked_for(desk: Desk) -> None:
    seed(desk.home, [(PLACES, {"Name": f"каб. {n}"}) for n in range(103)])
    connector = RtConnector(desk.url, PASSWORDS["uchet"], "uchet", page_size=1000)
    pages = list(connector.read(Query(PLACES, fields=("Name",))))
    connector.close()
    assert [len(page.records) for page in pages] == [100, 3]
    assert [page.complete for page in pages] == [False, True]


def test_fields_of_one_name_in_two_catalogs_keep_apart(rt: RtConnector, root: Callable[..., Any]) -> None:
    described = rt.describe().collections
    assert "CF.Организация" in described[THINGS]
    assert "CF.Организация" in described["user"]
    ids = {name: rt._schema.get(name).fields["CF.Организация"].id for name in (THINGS, "user")}  # type: ignore[union-attr]
    assert len(set(ids.values())) == 2
    raw = made(rt, THINGS, "aa01", CF__Организация="1")
    assert rt.get(THINGS, raw.id).data["CF.Организация"] == "1"  # type: ignore[union-attr]


def test_two_fields_of_one_name_on_one_catalog_are_not_published(desk: Desk, rt: RtConnector, tmp_path: Path) -> None:
    twin = (
        "my $f = RT::CustomField->new(RT->SystemUser); my $c = RT::Catalog->new(RT->SystemUser); $c->Load('Места');"
        "$f->Create(Name => 'Код', Type => 'Freeform', MaxValues => 1, LookupType => 'RT::Catalog-RT::Asset');"
        "$f->AddToObject($c); "
    )
    perl(desk, tmp_path, twin)
    assert "CF.Код" not in rt.describe().collections[PLACES]
    with pytest.raises(Blocked):
        made(rt, PLACES, "aa02", CF__Код="1")
    perl(desk, tmp_path, "my $f = RT::CustomFields->new(RT->SystemUser); $f->Limit(FIELD => 'Name', VALUE => 'Код');"
                         "$f->OrderBy(FIELD => 'id', ORDER => 'DESC'); $f->First->SetDisabled(1);")  # fmt: skip


def test_a_deleted_asset_is_listed_no_more_and_shows_in_the_feed(rt: RtConnector, root: Callable[..., Any]) -> None:
    raw = made(rt, THINGS, "aa03", CF__Модель="m")
    cursor = list(rt.read(Query(THINGS)))[-1].cursor
    root("PUT", f"asset/{raw.id}", {"Status": "deleted"})
    assert raw.id not in {one.id for page in rt.read(Query(THINGS)) for one in page.records}
    found = rt.get(THINGS, raw.id)
    assert found is not None
    assert found.retired
    changed = [one for page in rt.read(Query(THINGS), since=cursor) for one in page.records]
    assert [(one.id, one.retired) for one in changed] == [(raw.id, True)]
    again = rt.write(Write(THINGS, None, {"CF.Модель": "m"}, marker="aa03"))
    assert (again.created, again.raw.id, again.raw.retired) == (False, raw.id, True), "deleted by a person: no twin"


@pytest.mark.parametrize("unique", [1, 0], ids=["refused by RT", "found by looking again"])
@pytest.mark.parametrize(("collection", "values"), [(THINGS, {"CF.Модель": "m"}), (STOCK, {"Subject": "Выдача"})])
def test_a_create_that_crosses_another_leaves_one(
    desk: Desk, rt: RtConnector, tmp_path: Path, collection: str, values: dict[str, str], unique: int
) -> None:
    """A run was killed and its create arrives at the last moment, after ours has looked and found nothing."""
    unique_marker(desk, tmp_path, unique)
    write = Write(collection, None, values, marker=f"aa04-{len(values)}-{collection[:1]}-{unique}")
    crossed: list[Raw] = []

    def overtake(request: Request, forward: Callable[[], Answer | None]) -> Answer | None:
        crossed.append(rt.write(write).raw)
        return forward()

    before = {raw.id for page in rt.read(Query(collection)) for raw in page.records}
    creates = re.compile(r"/(asset|ticket)$")
    try:
        with Proxy(desk.url) as proxy:
            late = RtConnector(proxy.url, PASSWORDS["uchet"], "uchet", retries=Retries(attempts=1))
            with proxy.failing(
                overtake, on=lambda request: request.method == "POST" and bool(creates.search(request.path))
            ):
                receipt = late.write(write)
            late.close()
    finally:
        unique_marker(desk, tmp_path, 1)
    assert len(crossed) == 1
    assert (receipt.created, receipt.raw.id) == (False, crossed[0].id)
    after = {raw.id for page in rt.read(Query(collection)) for raw in page.records}
    assert after - before == {crossed[0].id}
    assert rt.find(collection, str(write.marker)).id == crossed[0].id  # type: ignore[union-attr]


def test_a_persons_copy_with_our_marker_is_left_alone(
    desk: Desk, rt: RtConnector, root: Callable[..., Any], tmp_path: Path
) -> None:
    raw = made(rt, THINGS, "aa14", CF__Модель="m")
    unique_marker(desk, tmp_path, 0)
    marker = rt._schema.get(THINGS).fields[f"CF.{MARKER}"].id  # type: ignore[union-attr]
    copy = root("POST", "asset", {"Catalog": "Оборудование", "Name": "копия", "CustomFields": {marker: "aa14"}})
    unique_marker(desk, tmp_path, 1)
    assert rt.find(THINGS, "aa14").id == raw.id  # type: ignore[union-attr]
    assert root("GET", f"asset/{copy['id']}")["Status"] != "deleted"


def test_a_unique_value_taken_refuses_the_asset_whole(rt: RtConnector) -> None:
    made(rt, THINGS, "aa05", **{"CF__Инвентарный номер": "И-5"})
    with pytest.raises(Reject) as refused:
        made(rt, THINGS, "aa06", **{"CF__Инвентарный номер": "И-5", "CF__Модель": "x"})
    assert refused.value.field == "CF.Инвентарный номер"
    assert rt.find(THINGS, "aa06") is None


def test_a_ticket_that_lost_a_value_is_taken_back_and_its_key_is_free(rt: RtConnector) -> None:
    before = {one.id for page in rt.read(Query(STOCK)) for one in page.records}
    with pytest.raises(Reject) as refused:
        made(rt, STOCK, "aa07", Subject="Выдача", CF__Количество="много")
    assert refused.value.field == "CF.Количество"
    assert rt.find(STOCK, "aa07") is None
    assert {one.id for page in rt.read(Query(STOCK)) for one in page.records} == before
    assert made(rt, STOCK, "aa07", Subject="Выдача", CF__Количество="5").data["CF.Количество"] == "5"


def test_approvals_tell_what_the_tickets_status_does_not(desk: Desk, rt: RtConnector, root: Callable[..., Any]) -> None:
    for number, (verdicts, then) in enumerate(((("resolved",), "approved"), (("rejected",), "rejected"))):
        raw = made(rt, BUY, f"bb0{number}", Subject="SSD", CF__Номенклатура="SSD", Content="Прошу купить")
        assert raw.data["Approval"] == "pending"
        assert raw.data["DependsOn"]
        for link, verdict in zip(raw.data["DependsOn"], verdicts, strict=True):
            root("PUT", f"ticket/{link.partition(':')[2]}", {"Status": verdict})
        assert rt.get(BUY, raw.id).data["Approval"] == then  # type: ignore[union-attr]
    listed = {one.id: one.data["Approval"] for page in rt.read(Query(BUY)) for one in page.records}
    assert sorted(listed.values()) == ["approved", "rejected"]


def test_links_are_written_as_a_whole(rt: RtConnector) -> None:
    things = [f"asset:{made(rt, THINGS, f'cc0{n}').id}" for n in range(2)]
    raw = made(rt, STOCK, "cc09", Subject="Ремонт", RefersTo=(things[0],))
    assert raw.data["RefersTo"] == (things[0],)
    moved = rt.write(Write(STOCK, raw.id, {"RefersTo": (things[1],)}, raw.version)).raw
    assert moved.data["RefersTo"] == (things[1],)
    with pytest.raises(Reject) as refused:
        rt.write(Write(STOCK, raw.id, {"RefersTo": ("asset:987654",)}))
    assert refused.value.field == "RefersTo"


def test_a_message_survives_the_answer_that_rt_breaks_off(rt: RtConnector, root: Callable[..., Any]) -> None:
    raw = made(rt, STOCK, "dd01", Subject="Выдача")
    root("PUT", "user/uchet", {"Lang": "ru"})
    try:
        assert [error.code for error in rt.review()] == ["desk_account_language"]
        rt.write(Write(STOCK, raw.id, {"Comment": "Отгружено со склада"}))
    finally:
        root("PUT", "user/uchet", {"Lang": "en"})
    rows = root("GET", f"ticket/{raw.id}/history", fields="Type")["items"]
    assert [row["Type"] for row in rows].count("Comment") == 1


def test_the_account_is_reviewed(rt: RtConnector, root: Callable[..., Any], desk: Desk, tmp_path: Path) -> None:
    assert list(rt.review()) == []
    unique_marker(desk, tmp_path, 0)
    assert [error.code for error in rt.review()] == ["desk_marker_repeats"]
    unique_marker(desk, tmp_path, 1)
    root("PUT", "user/uchet", {"Timezone": "Europe/Moscow"})
    assert [error.code for error in rt.review()] == ["desk_account_zone"]
    root("PUT", "user/uchet", {"Timezone": "UTC"})
    group = "my $g = RT::Group->new(RT->SystemUser); $g->LoadUserDefinedGroup('uchet'); my $p = $g->PrincipalObj;"
    place = "my $c = RT::Catalog->new(RT->SystemUser); $c->Load('Места');"
    perl(desk, tmp_path, f"{group}{place} $p->RevokeRight(Right => 'ShowAsset', Object => RT->System);"
                         "$p->GrantRight(Right => 'ShowAsset', Object => $c);")  # fmt: skip
    try:
        assert "desk_rights_partial" in [error.code for error in rt.review()]
        with pytest.raises(Blocked):
            list(rt.read(Query(PLACES)))
    finally:
        perl(desk, tmp_path, f"{group} $p->GrantRight(Right => 'ShowAsset', Object => RT->System);")


def test_a_login_of_digits_is_a_login(desk: Desk, rt: RtConnector) -> None:
    (number,) = seed(desk.home, [("user", {"Name": "12345", "RealName": "Цифров"})])
    raw = made(rt, THINGS, "ee01", Owner=number)
    assert raw.data["Owner"] == number
    assert rt.get("user", number).data["Name"] == "12345"  # type: ignore[union-attr]


def test_no_rights_beyond_the_list_are_needed(rt: RtConnector) -> None:
    """The account has nothing but what the file grants: everything above ran with it; the file says so itself."""
    granted = re.search(r"my @RIGHTS = qw\((.*?)\)", INITIALDATA.read_text(encoding="utf-8"), re.DOTALL)
    assert granted is not None
    assert not {"SuperUser", "AdminCustomField", "AdminQueue", "AdminCatalog"} & set(granted[1].split())


def test_a_slow_password_opens_a_session(desk: Desk, rt: RtConnector, tmp_path: Path) -> None:
    perl(desk, tmp_path, "RT->Config->Set('BcryptCost', 12); my $u = RT::User->new(RT->SystemUser);"
                         f"$u->Load('uchet'); $u->SetPassword('{PASSWORDS['uchet']}');")  # fmt: skip
    rt.describe()
    assert rt._transport._http.session.cookies, "no session of RT's"
    wrong = RtConnector(desk.url, "wrong", "uchet", retries=Retries(attempts=1))
    with pytest.raises(Fatal):
        wrong.describe()
    wrong.close()


def test_a_token_is_enough(desk: Desk, tmp_path: Path) -> None:
    perl(desk, tmp_path, "my $u = RT::User->new(RT->SystemUser); $u->Load('uchet'); my $t = RT::AuthToken->new("
                         "RT->SystemUser); my ($ok, $m, $auth) = $t->Create(Owner => $u->Id, Description => 'x');"
                         f"open my $f, '>', '{tmp_path}/token'; print $f $auth; close $f;")  # fmt: skip
    connector = RtConnector(desk.url, (tmp_path / "token").read_text(), timeout=30)
    assert THINGS in connector.describe().collections
    connector.close()


def test_the_file_may_be_loaded_again_and_changes_nothing(desk: Desk, rt: RtConnector, tmp_path: Path) -> None:
    before = {name: set(fields) for name, fields in rt.describe().collections.items()}
    identity = rt.describe().identity
    prepared = prepare(tmp_path, "uchet")
    insert(desk.home, prepared.file)
    assert {name: set(fields) for name, fields in rt.describe().collections.items()} == before
    assert rt.describe().identity == identity
    assert len(identity.rpartition("#")[2]) == 32
    assert str(prepared.file.name) in prepared.command.format(file=prepared.file)
