"""Logins, sessions, licences, faults, durability."""

from __future__ import annotations

import base64
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from uchet.emulator import Emulator
from uchet.errors import Fatal

STORES = "Catalog_Склады"


def test_login_is_basic_in_utf8_and_a_refusal_has_no_body(connect: Any) -> None:
    with Emulator(user="Обмен", password="пароль") as emulator:
        client = connect(emulator.url)
        assert "пароль" not in repr(emulator)
        answer = client.call("GET", "")
        assert (answer.status_code, answer.content) == (401, b"")
        for encoding, status in (("utf-8", 200), ("cp1251", 401)):
            login = base64.b64encode("Обмен:пароль".encode(encoding)).decode()
            assert client.call("GET", "", Authorization=f"Basic {login}").status_code == status
        login = base64.b64encode("Обмен:пароль".encode()).decode()
        made = client.call("POST", "Document_ПеремещениеОС", {}, Authorization=f"Basic {login}").json()
        user = emulator.world.get("Catalog_Пользователи", made["Ответственный_Key"])
        assert user is not None
        assert user["Description"] == "Обмен"


def test_licences_run_out_and_come_back(connect: Any) -> None:
    with Emulator(licences=1, session_delay=0.5, licence_status=500) as emulator:
        first = threading.Thread(target=connect(emulator.url).call, args=("GET", STORES))
        first.start()
        time.sleep(0.2)
        answer = connect(emulator.url).call("GET", STORES)
        assert answer.status_code == 500
        assert "Не обнаружено свободной лицензии!" in answer.content.decode()
        first.join()
        assert connect(emulator.url).call("GET", STORES).status_code == 200


def test_a_kept_session_starts_once_and_holds_its_licence(connect: Any) -> None:
    with Emulator(licences=1, session_delay=0.15) as emulator:
        client, other = connect(emulator.url), connect(emulator.url)
        client.call("GET", STORES, IBSession="start")
        assert client.session.cookies["ibsession"]
        began = time.monotonic()
        assert client.call("GET", STORES).status_code == 200
        assert time.monotonic() - began < 0.12
        assert other.call("GET", STORES).status_code == 406
        client.call("GET", STORES, IBSession="finish")
        assert client.call("GET", STORES).status_code == 404, "the cookie is gone"
        assert other.call("GET", STORES).status_code == 200


def names(client: Any) -> list[str]:
    return sorted(row["Description"] for row in client.value(STORES))


@pytest.mark.parametrize(("kind", "kept"), [("drop_before", []), ("drop_after", ["x"])])
def test_dropped_connections(client: Any, emulator: Any, kind: str, kept: list[str]) -> None:
    emulator.faults.add(kind, method="POST", collection=STORES)
    with pytest.raises(requests.ConnectionError):
        client.call("POST", STORES, {"Description": "x"})
    assert names(client) == kept
    assert client.call("POST", STORES, {"Description": "y"}).status_code == 201


def test_truncated_slow_html_licence_and_login_faults(client: Any, emulator: Any) -> None:
    emulator.faults.add("truncate", after=1)
    assert client.call("GET", STORES).status_code == 200
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        client.call("GET", STORES)
    emulator.faults.add("slow", seconds=0.2)
    began = time.monotonic()
    client.call("GET", STORES)
    assert time.monotonic() - began >= 0.2
    for kind, status in (("html500", 500), ("licence", 406), ("unauthorized", 401)):
        emulator.faults.add(kind, method="POST")
        answer = client.call("POST", STORES, {"Description": kind})
        assert answer.status_code == status
        assert b"odata.error" not in answer.content
    assert names(client) == []


def test_lock_proxy_and_login_page_faults(client: Any, emulator: Any) -> None:
    emulator.faults.add("lock", method="POST")
    status, code, text = client.refused("POST", STORES, {"Description": "x"})
    assert (status, code) == (500, "-1")
    assert "Конфликт блокировок" in text
    for kind, expected in (("unavailable", 503), ("login_page", 200)):
        emulator.faults.add(kind)
        answer = client.call("GET", STORES)
        assert (answer.status_code, answer.headers["Content-Type"]) == (expected, "text/html")
    assert names(client) == []


def test_rights_and_long_segments(client: Any, emulator: Any) -> None:
    emulator.switches.forbidden = (STORES,)
    assert client.refused("GET", STORES)[:2] == (401, "20")
    emulator.switches.segment_limit = 260
    register = "InformationRegister_СостоянияОСОрганизаций_RecordType"
    condition = "Состояние eq ''ПринятоКУчету''" + " or Состояние eq ''x''" * 12
    answer = client.call("GET", f"{register}/SliceLast(Condition='{condition}')")
    assert (answer.status_code, answer.headers["Content-Type"]) == (400, "text/html")
    short = condition.replace("''", "'")
    assert client.value(f"{register}/SliceLast", f"Condition='{condition}'") == []
    assert client.value(f"{register}/SliceLast()", f"$filter={short}") == []


def test_bad_settings_are_told_in_words(tmp_path: Path) -> None:
    broken = tmp_path / "broken.xml"
    broken.write_text("<edmx")
    empty = tmp_path / "empty.xml"
    empty.write_text("<edmx/>")
    with Emulator() as running:
        for options, code in (
            ({"metadata": tmp_path / "none.xml"}, "emulator.metadata"),
            ({"metadata": broken}, "emulator.metadata"),
            ({"metadata": empty}, "emulator.metadata_empty"),
            ({"state": broken}, "emulator.state"),
            ({"port": running.port}, "emulator.port"),
        ):
            with pytest.raises(Fatal) as caught:
                Emulator(**options)
            assert caught.value.code == code
            assert caught.value.hint


def test_page_faults(client: Any, emulator: Any) -> None:
    emulator.world.put_many(STORES, [{"Description": f"{n}"} for n in range(6)])

    def page(skip: int) -> list[str]:
        return [row["Description"] for row in client.value(STORES, f"$orderby=Description&$top=2&$skip={skip}")]

    emulator.faults.add("duplicate_page", after=1)
    assert [page(0), page(2), page(2)] == [["0", "1"], ["0", "1"], ["2", "3"]]
    emulator.faults.add("wrong_page")
    assert page(2) == ["3", "4"]


def test_control_path_is_closed_unless_opened(client: Any, emulator: Any, connect: Any) -> None:
    control = client.url.replace("odata/standard.odata/", "emulator/")
    armed = requests.post(f"{control}faults", json={"kind": "html500", "count": 2}, timeout=9).json()
    assert armed == {"faults": [{"kind": "html500", "count": 2}]}
    assert client.call("GET", STORES).status_code == 500
    assert requests.delete(f"{control}faults", timeout=9).json() == {"faults": []}
    requests.post(f"{control}publication", json={"unpublish": [STORES]}, timeout=9)
    assert client.refused("GET", STORES)[:2] == (404, "8")
    requests.post(f"{control}switches", json={"if_match": True}, timeout=9)
    assert emulator.switches.if_match
    assert requests.post(f"{control}faults", json={"kind": "нет"}, timeout=9).status_code == 400
    with Emulator() as closed:
        url = closed.url.replace("odata/standard.odata/", "emulator/faults")
        assert requests.post(url, json={"kind": "html500"}, timeout=9).status_code == 404


def test_a_stopped_server_leaves_no_connection(connect: Any) -> None:
    emulator = Emulator().start()
    client = connect(emulator.url)
    client.get(STORES)
    emulator.stop()
    with pytest.raises(requests.ConnectionError):
        client.get(STORES)


def test_versions_never_repeat_over_restarts(tmp_path: Path, connect: Any) -> None:
    seen: list[str] = []
    for _ in range(3):
        with Emulator(state=tmp_path / "base.sqlite") as emulator:
            client = connect(emulator.url)
            for _ in range(20):
                seen.append(client.call("POST", STORES, {"Description": "x"}).json()["DataVersion"])
    assert len(set(seen)) == 60
    assert seen != sorted(seen), "versions do not sort"


@contextmanager
def started(state: Path, base: str = "base") -> Iterator[tuple[subprocess.Popen[str], str]]:
    """An emulator in a process of its own, killed at the end."""
    code = "import sys; from uchet.emulator import serve; serve(state=sys.argv[1], base=sys.argv[2])"
    environment = {**os.environ, "PYTHONSAFEPATH": "1"}
    command = [sys.executable, "-c", code, str(state), base]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=state.parent, env=environment) as process:
        assert process.stdout is not None
        yield process, process.stdout.readline().strip()
        process.send_signal(signal.SIGKILL)


def test_answered_writes_survive_kill_9(tmp_path: Path, connect: Any) -> None:
    answered: set[str] = set()
    for turn in range(3):
        with started(tmp_path / "base.sqlite", "торговля") as (process, url):
            assert answered <= {row["Ref_Key"] for row in connect(url).value(STORES)}
            writers = [threading.Thread(target=write, args=(connect(url), answered, f"{turn}")) for _ in range(2)]
            for writer in writers:
                writer.start()
            _grown(answered, 5 * (turn + 1))
            process.send_signal(signal.SIGKILL)
            for writer in writers:
                writer.join()
    with started(tmp_path / "base.sqlite", "торговля") as (process, url):
        rows = connect(url).value(STORES)
    kept = {row["Ref_Key"] for row in rows}
    assert len(answered) > 10
    assert answered <= kept
    assert len(kept) <= len(answered) + 6, "at most one unanswered write per writer and kill"
    assert len({row["DataVersion"] for row in rows}) == len(rows)


def _grown(answered: set[str], size: int) -> None:
    """Wait until so many writes were answered, however busy the machine is."""
    end = time.monotonic() + 60
    while len(answered) < size and time.monotonic() < end:
        time.sleep(0.05)


def write(client: Any, answered: set[str], name: str) -> None:
    while True:
        try:
            answered.add(client.call("POST", STORES, {"Description": name}).json()["Ref_Key"])
        except requests.RequestException:
            return
