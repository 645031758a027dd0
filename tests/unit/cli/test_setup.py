"""init, check, addons, backup, restore, status, unlink, explain: against the emulator and a desk that is not there."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from uchet.connectors.base import Description
from uchet.emulator import Emulator
from uchet.jobs import setup as setup_job
from uchet.settings import load_settings


def test_check_names_the_side_that_does_not_answer(cli, file) -> None:
    answer = cli("check")
    assert answer.code == 4
    assert "desk: 127.0.0.1" in answer.out
    assert "does not answer" in answer.out
    assert not (file.parent / "uchet.db").exists()  # nothing was written
    sides = {side["side"]: side for side in cli("check", "--json").json["sides"]}
    assert "1C" in sides["book"]["product"]
    assert len(sides["desk"]["problems"]) == 1


def test_check_names_the_wrong_password(cli, file, monkeypatch: pytest.MonkeyPatch) -> None:
    with Emulator(user="Обмен", password="right") as onec:
        monkeypatch.setenv("UCHET_BOOK__URL", onec.url)
        monkeypatch.setenv("UCHET_BOOK__USER", "Обмен")
        monkeypatch.setenv("UCHET_BOOK_PASSWORD", "wrong-one")
        sides = cli("check", "--json").json["sides"]
    (problem,) = sides[0]["problems"]
    assert "password" in problem["message"]
    assert "wrong-one" not in json.dumps(sides)


def test_check_names_missing_additional_attributes(cli) -> None:
    problems = cli("check", "--json").json["sides"][0]["problems"]
    titles = {p["params"].get("title") for p in problems if p["code"] == "property_missing"}
    assert titles == {"ИТ: модель", "ИТ: место", "ИТ: пользователь", "ИТ: состояние"}


def test_check_names_an_unpublished_set(cli, file, tmp_path: Path, onec: Emulator) -> None:
    from uchet.emulator import bp30

    text = bp30.__dict__.get("METADATA") or Path(bp30.__file__).read_text(encoding="utf-8")
    assert text
    file.write_text(
        file.read_text(encoding="utf-8")
        + '\n[mapping.book]\n"kinds.organization.sources.main.collection" = "Catalog_НетТакого"\n',
        encoding="utf-8",
    )
    answer = cli("check", "--json")
    messages = " ".join(p["message"] for p in answer.json.get("sides", [{"problems": []}])[0]["problems"])
    assert answer.code == 4
    assert "Catalog_НетТакого" in messages or "Catalog_НетТакого" in answer.out


def test_check_refuses_rules_about_fields_that_do_not_exist(cli, file) -> None:
    file.write_text(
        file.read_text(encoding="utf-8") + '[fields."equipment.colour"]\nowner = "desk"\n', encoding="utf-8"
    )
    answer = cli("check")
    assert answer.code == 4
    assert answer.err.startswith("The settings name a field equipment.colour that does not exist.")


@pytest.mark.parametrize("words", [("plan",), ("run", "nightly"), ("resync",), ("explain", "1")])
def test_an_unreachable_side_is_one_message_and_exit_4(cli, words) -> None:
    answer = cli(*words, "--lang", "ru")
    assert answer.code == 4
    assert len(answer.err.strip().splitlines()) == 1
    assert "не отвечает" in answer.err


def test_no_settings_is_one_message_in_json_too(cli, file) -> None:
    file.unlink()
    answer = cli("status", "--json")
    assert (answer.code, answer.json["error"]["code"]) == (4, "settings_missing")


def test_addons_list(cli) -> None:
    assert "1С:Предприятие" in cli("addons", "list", "--lang", "ru").out
    names = {one["name"]: one["kinds"] for one in cli("addons", "list", "--json").json["connectors"]}
    assert (names["onec"], names["roundup"]) == (["book"], ["desk"])


INIT = (
    "init", "--book-url", "http://server/base", "--book-user", "uchet",
    "--desk-url", "http://desk", "--desk-user", 'desk "1"',
)  # fmt: skip


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Both sides answer; what they were asked with is kept."""
    from uchet.cli import setup

    asked: list[str] = []

    def describe(settings, side) -> Description:
        password = settings.side(side).password
        asked.append(f"{side} {settings.side(side).url} {password.get_secret_value() if password else ''}")
        return Description("id", "1C:Enterprise", {"a": {}})

    monkeypatch.setattr(setup, "describe", describe)
    return asked


def test_init_tests_the_connection_and_writes_no_secret(cli, file, answering, monkeypatch: pytest.MonkeyPatch) -> None:
    file.unlink()
    monkeypatch.setenv("UCHET_BOOK_PASSWORD", "hush-book")
    answer = cli(*INIT)
    assert answer.code == 0
    assert answering == ["book http://server/base hush-book", "desk http://desk hush-desk"]
    text = file.read_text(encoding="utf-8")
    assert "hush" not in text + answer.out + answer.err
    assert tomllib.loads(text)["desk"]["user"] == 'desk "1"'
    assert load_settings(file).book.connector == "onec"
    assert text.count("#") > 10
    assert "Настройки uchet" in text  # Russian unless said otherwise


def test_init_and_check_of_a_book_behind_an_exchange_node(cli, file, monkeypatch: pytest.MonkeyPatch) -> None:
    from uchet.cli import setup

    real = setup.describe
    desk = Description("id", "Desk", {"a": {}})
    monkeypatch.setattr(setup, "describe", lambda settings, side: desk if side == "desk" else real(settings, side))
    file.unlink()
    with Emulator(active_polls=0) as onec:
        onec.world.put("Catalog_Склады", {"Description": "Основной"})
        onec.soap.exchange.add_node("uchet")
        url = onec.url.removesuffix("/odata/standard.odata/")
        where = (
            "--book-connector",
            "onec_soap",
            "--book-url",
            url,
            "--desk-url",
            "http://127.0.0.1:9",
            "--desk-user",
            "u",
        )
        words = ("init", *where, "--lang", "en")
        asked = cli(*words)
        assert asked.code == 4
        assert "Nobody is here to answer: books: Code of the exchange plan's node" in asked.err
        wrong = cli(*words, "--book-extra", "node=никто")
        assert (wrong.code, "does not exchange with this node" in wrong.err) == (3, True)
        assert not file.exists()
        assert cli(*words, "--book-extra", "node=uchet").code == 0
        written = tomllib.loads(file.read_text(encoding="utf-8"))["book"]
        assert (written["mapping"], written["extra"]) == ("enterprisedata", {"node": "uchet"})
        book = cli("check", "--json").json["sides"][0]
    assert book["product"] == "1C:Enterprise EnterpriseData"
    assert [problem for problem in book["problems"] if not problem["note"]] == []
    assert {name["set"] for name in book["names"]} >= {"Catalog_Склады", "Catalog_Номенклатура"}


def test_init_keeps_passwords_in_the_keyring_when_asked(cli, file, answering, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = {}
    monkeypatch.setattr("keyring.set_password", lambda service, user, password: kept.update({user: password}))
    file.unlink()
    assert cli(*INIT, "--keyring", "--lang", "en").code == 0
    assert kept == {"main/desk": "hush-desk"}
    data = tomllib.loads(file.read_text(encoding="utf-8"))
    assert (data["desk"]["keyring"], "keyring" in data["book"]) == (True, False)


def test_init_leaves_an_existing_file_alone(cli, file, answering) -> None:
    before = file.read_text(encoding="utf-8")
    answer = cli(*INIT)
    assert answer.code == 4
    assert "exists already" in answer.err
    assert file.read_text(encoding="utf-8") == before
    assert cli(*INIT, "--force").code == 0


def test_init_writes_nothing_when_a_side_does_not_answer(cli, file, onec, free_port) -> None:
    file.unlink()
    answer = cli("init", "--book-url", onec.url, "--desk-url", f"http://127.0.0.1:{free_port}", "--desk-user", "u")
    assert answer.code == 4
    assert not file.exists()


def test_init_without_a_person_says_what_to_give(cli, file) -> None:
    file.unlink()
    answer = cli("init", "--lang", "en")
    assert answer.code == 4
    assert "Nobody is here to answer: books: address" in answer.err


def test_answers_do_not_show_their_password() -> None:
    assert "x1y2" not in repr(setup_job.SideAnswers("onec", "bp30", "http://a", "u", "x1y2"))


def test_backup_and_restore(cli, store, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    assert cli("backup", str(copy)).code == 0
    assert cli("backup", str(copy)).code == 4  # never over an existing file unasked
    store.drop_link("main", "equipment", "g1", "21", by="t")
    store.close()
    asked = cli("restore", str(copy))
    assert (asked.code, "--yes" in asked.out) == (3, True)
    done = cli("restore", str(copy), "--yes", "--json")
    assert done.json["restored"] is True
    assert Path(done.json["aside"]).is_file()
    assert cli("status", "--json").json["links"] == 2
    assert cli("restore", str(tmp_path / "none")).code == 4


def test_status_tells_what_waits(cli, engine, first) -> None:
    engine(verdict=first)
    assert "No run yet" in cli("status").out
    cli("plan")
    out = cli("status").out
    assert "Plan abcdef0123456789 waits (2 writes)." in out
    assert "Links 2, drafts with the accountant 0, open questions 1." in out
    data = cli("status", "--json").json
    assert (data["waiting_plan"]["stopped"], data["audit_broken"]) == (True, None)


def test_unlink_asks_nobody_outside(cli, store) -> None:
    assert cli("unlink", "БП-0001").code == 0
    assert store.find_link("main", "equipment", "book", "g1") is None
    again = cli("unlink", "БП-0001")
    assert again.code == 1
    assert "There is no link" in again.err


def test_explain_answers_from_memory(cli, store) -> None:
    answer = cli("explain", "БП-1")
    assert answer.code == 0
    assert "not read now, shown as last agreed" in answer.out
    assert "Linked by uchet: same inventory number: БП-1 (certainty 100 of 100)." in answer.out
    assert "! desk:" in answer.out


def test_help_speaks_both_languages(cli) -> None:
    assert "Сказать, что две записи — разные предметы" in cli("reject", "--help", "--lang", "ru").out.replace(
        "\n  ", " "
    )
    assert "Say that two records are not the same thing" in cli("reject", "--help", "--lang", "en").out.replace(
        "\n  ", " "
    )
