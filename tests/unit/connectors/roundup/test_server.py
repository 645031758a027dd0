"""The tracker: how it is made, served, killed and seeded, and what its own rules refuse."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from uchet.connectors.base import Query, Write
from uchet.connectors.roundup.connector import RoundupConnector
from uchet.connectors.roundup.server import Desk, install, seed
from uchet.errors import Fatal, Unknown

Fresh = Callable[[], str]


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("моё")
    with pytest.raises(Fatal, match="desk_exists"):
        install(tmp_path, url="http://127.0.0.1:1/", passwords={"admin": "a"})
    assert [path.name for path in tmp_path.iterdir()] == ["note.txt"]


@pytest.mark.parametrize(
    ("passwords", "code"), [({}, "desk_password"), ({"admin": "a", "nobody": "b"}, "desk_account")]
)
def test_accounts_are_ours_and_have_passwords(tmp_path: Path, passwords: dict[str, str], code: str) -> None:
    with pytest.raises(Fatal, match=code):
        install(tmp_path / "desk", url="http://127.0.0.1:1/", passwords=passwords)
    assert not (tmp_path / "desk").exists()


def test_no_desk_and_no_port(tmp_path: Path, desk: Desk) -> None:
    with pytest.raises(Fatal, match="desk_absent"):
        Desk(tmp_path).start()
    with pytest.raises(Fatal, match="port_taken"):
        Desk(desk.home, int(desk.url.rsplit(":", 1)[1])).start()


@contextmanager
def _process(home: Path, port: int) -> Iterator[tuple[subprocess.Popen[str], str]]:
    command = [sys.executable, "-m", "uchet.connectors.roundup.server", str(home), str(port)]
    env = {**os.environ, "PYTHONSAFEPATH": "1"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=env) as process:
        try:
            assert process.stdout is not None
            yield process, process.stdout.readline().strip()
        finally:
            process.kill()


def test_killed_and_started_again_it_has_everything(tmp_path: Path) -> None:
    home = tmp_path / "desk"
    install(home, url="http://127.0.0.1:1/", passwords={"admin": "a", "uchet": "u"}, rounds=1000)
    with _process(home, 0) as (process, url):
        connector = RoundupConnector(url, "uchet", "u")
        made = connector.write(Write("location", None, {"name": "Склад", "type": "warehouse"}, marker="m1")).raw
        identity = connector.describe().identity
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    with _process(home, int(url.rsplit(":", 1)[1])) as (process, again):
        assert again == url
        assert connector.get("location", made.id) == made
        assert connector.describe().identity == identity
        connector.close()
        process.terminate()
        assert process.wait(timeout=10) == 0


def test_many_writers_at_once(desk: Desk, fresh: Fresh) -> None:
    failed: list[BaseException] = []

    def write(names: list[str]) -> None:
        connector = RoundupConnector(desk.url, "uchet", "интеграция")
        try:
            for name in names:
                connector.write(Write("employee", None, {"name": name}, marker=name))
        except Unknown as error:
            failed.append(error)

    names = [[fresh() for _ in range(5)] for _ in range(6)]
    mine = sorted(name for part in names for name in part)
    threads = [threading.Thread(target=write, args=(part,)) for part in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed, "the database was locked"
    connector = RoundupConnector(desk.url, "uchet", "интеграция")
    kept = [raw.data["name"] for page in connector.read(Query("employee")) for raw in page.records]
    assert mine == sorted(name for name in kept if name in mine)


def test_one_record_per_marker_in_a_race(desk: Desk, fresh: Fresh) -> None:
    """Past our connector, all at one instant: the desk itself keeps one."""
    marker, answers = fresh(), []
    headers = {"X-Requested-With": "rest", "Origin": desk.url, "Content-Type": "application/json"}
    body = json.dumps({"name": marker, "uchet_key": marker})
    start = threading.Barrier(8)

    def post() -> None:
        start.wait()
        auth = ("uchet", "интеграция".encode())
        answer = requests.post(f"{desk.url}/rest/data/employee", data=body, headers=headers, auth=auth, timeout=30)
        answers.append(answer.status_code)

    threads = [threading.Thread(target=post) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers.count(201) == 1, answers
    connector = RoundupConnector(desk.url, "uchet", "интеграция")
    found = [raw for page in connector.read(Query("employee", where={"uchet_key": marker})) for raw in page.records]
    assert len(found) == 1


def test_seeding_gives_ids_in_order_and_keeps_the_rules(desk: Desk, connector: RoundupConnector, fresh: Fresh) -> None:
    names = [fresh() for _ in range(50)]
    ids = seed(desk.home, "equipment", ({"inventory_number": n, "status": "in_use", "serial": None} for n in names))
    for name, id in list(zip(names, ids, strict=True))[::25]:
        found = connector.get("equipment", id)
        assert found is not None
        assert found.data["inventory_number"] == name
    with pytest.raises(ValueError, match="exists"):
        seed(desk.home, "equipment", [{"inventory_number": names[0]}])


def test_the_integration_may_do_its_work_and_nothing_else(desk: Desk, fresh: Fresh) -> None:
    session = requests.Session()
    session.auth = ("uchet", "интеграция".encode())
    session.headers.update({"X-Requested-With": "rest", "Origin": desk.url, "Content-Type": "application/json"})
    base = f"{desk.url}/rest/data"
    made = session.post(f"{base}/employee", data=json.dumps({"name": fresh()}), timeout=10)
    assert made.status_code == 201
    item = f"{base}/employee/{made.json()['data']['id']}"
    tag = {"If-Match": session.get(item, timeout=10).headers["ETag"]}
    assert session.delete(item, headers=tag, timeout=10).status_code == 403
    for name in ("user", "issue", "msg", "file", "query"):
        assert session.get(f"{base}/{name}", timeout=10).status_code == 403, name
    assert session.post(f"{base}/keyword", data='{"name": "x"}', timeout=10).status_code == 403
    assert requests.get(f"{base}/equipment", timeout=10).status_code == 403, "without a login"
    support = requests.get(f"{base}/equipment", auth=("support", "поддержка".encode()), timeout=10)
    assert support.status_code == 403, "people work in the pages"
