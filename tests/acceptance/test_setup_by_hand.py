"""``uchet init`` as a person at a terminal meets it, with real servers behind: the file it writes is one that
``uchet check`` accepts, holds no secret, and is never written over unasked; passwords may go to a keyring."""

from __future__ import annotations

import io
import re
import tomllib
from collections.abc import Iterator

import pexpect
import pytest
from office import BOOK_LOGIN, COMMAND, PASSWORDS, Site, running

BOOK_PASSWORD, DESK_PASSWORD = BOOK_LOGIN[1], PASSWORDS["uchet"]
#: Everything that stood on the terminals of these tests.
SCREEN = io.StringIO()
#: A keyring that keeps what it is given in a file beside the settings: a stand-in for the desktop's own.
KEYRING = """
import json
from pathlib import Path
from keyring.backend import KeyringBackend

PLACE = Path(__file__).with_name("ring.json")

class Ring(KeyringBackend):
    priority = 1

    def _all(self):
        return json.loads(PLACE.read_text()) if PLACE.exists() else {}

    def set_password(self, service, username, password):
        PLACE.write_text(json.dumps({**self._all(), f"{service}|{username}": password}))

    def get_password(self, service, username):
        return self._all().get(f"{service}|{username}")

    def delete_password(self, service, username):
        PLACE.write_text("{}")
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with running(tmp_path_factory.mktemp("init"), loaded=False) as site:
        site.settings.unlink()
        (site.folder / "ringmodule").mkdir()
        (site.folder / "ringmodule" / "ring_of_tests.py").write_text(KEYRING, encoding="utf-8")
        yield site


@pytest.fixture(autouse=True)
def _no_file(site: Site) -> None:
    site.settings.unlink(missing_ok=True)


def terminal(site: Site, *words: str, **changed: str) -> pexpect.spawn[str]:
    """A person at a terminal who has set no password anywhere."""
    environment = {n: v for n, v in site.environment().items() if not n.startswith("UCHET_")} | {"TERM": "dumb"}
    child = pexpect.spawn(
        str(COMMAND), list(words), cwd=str(site.folder), env={**environment, **changed}, encoding="utf-8", timeout=60
    )
    child.logfile_read = SCREEN
    return child


def answer(child: pexpect.spawn[str], site: Site, *, keep: str) -> None:
    """Everything that ``init`` asks, in order; connector and mapping as they are offered."""
    sides = ((site.book_tap.url, *BOOK_LOGIN), (site.desk_tap.url, "uchet", DESK_PASSWORD))
    for (url, user, password), where in zip(sides, ("books", "desk"), strict=True):
        for question, reply in (("connector", ""), ("mapping", ""), ("address", url), ("login", user)):
            child.expect(f"(?i){where}: {question}")
            child.sendline(reply)
        child.expect(f"(?i){where}: password")
        child.waitnoecho()
        child.sendline(password)
    child.expect("system's keyring")
    child.sendline(keep)


def ended(child: pexpect.spawn[str]) -> int:
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus is not None
    return child.exitstatus


def test_init_writes_a_commented_file_that_check_accepts(site: Site) -> None:
    child = terminal(site, "init", "--lang", "en")
    answer(child, site, keep="n")
    child.expect("uchet.toml is written")
    assert ended(child) == 0
    text = site.settings.read_text(encoding="utf-8")
    settings = tomllib.loads(text)
    assert settings["book"]["user"] == BOOK_LOGIN[0]
    assert settings["desk"]["url"] == site.desk_tap.url
    assert "password" not in settings["book"] | settings["desk"]
    assert len(re.findall(r"(?m)^# [A-Z]", text)) >= 8  # each part says what it is for
    assert site.uchet("check").code == 0
    assert BOOK_PASSWORD not in text + SCREEN.getvalue()
    assert DESK_PASSWORD not in text + SCREEN.getvalue()


def test_init_writes_over_nothing_unasked(site: Site) -> None:
    site.settings.write_text("# mine\n", encoding="utf-8")
    child = terminal(site, "init", "--lang", "en")
    child.expect("Write over it")
    child.sendline("n")
    child.expect("was left as it is")
    assert ended(child) == 4
    options = ("--book-url", site.book_tap.url, "--book-user", BOOK_LOGIN[0], "--desk-url", site.desk_tap.url)
    refused = site.uchet("init", *options, "--desk-user", "uchet", "--lang", "en")  # nobody to ask
    assert refused.code == 4
    assert "--force" in refused.err
    assert site.settings.read_text(encoding="utf-8") == "# mine\n"
    assert site.uchet("init", *options, "--desk-user", "uchet", "--force", "--lang", "en").code == 0
    assert site.uchet("check").code == 0


def test_a_wrong_password_leaves_no_file(site: Site) -> None:
    options = ("--book-url", site.book_tap.url, "--book-user", BOOK_LOGIN[0], "--desk-url", site.desk_tap.url)
    done = site.uchet("init", *options, "--desk-user", "uchet", "--lang", "ru", UCHET_BOOK_PASSWORD="wrong-4711")
    assert done.code == 4
    assert "1С отклонила вход" in done.err
    assert "wrong-4711" not in done.text
    assert not site.settings.exists()


def test_the_keyring_keeps_the_passwords(site: Site) -> None:
    ring = {"PYTHON_KEYRING_BACKEND": "ring_of_tests.Ring", "PYTHONPATH": str(site.folder / "ringmodule")}
    child = terminal(site, "init", "--lang", "en", **ring)
    answer(child, site, keep="y")
    child.expect("uchet.toml is written")
    assert ended(child) == 0
    text = site.settings.read_text(encoding="utf-8")
    assert len(re.findall(r"(?m)^keyring = true$", text)) == 2
    assert BOOK_PASSWORD not in text
    none = {"UCHET_BOOK_PASSWORD": "", "UCHET_DESK_PASSWORD": ""}
    assert site.uchet("check", **none, **ring).code == 0
    (site.folder / "ringmodule" / "ring.json").unlink()
    lost = site.uchet("check", "--lang", "ru", **none, **ring)
    assert lost.code == 4
    assert "UCHET_BOOK_PASSWORD" in lost.err


def test_without_a_keyring_init_says_what_to_do(site: Site) -> None:
    options = ("--book-url", site.book_tap.url, "--book-user", BOOK_LOGIN[0], "--desk-url", site.desk_tap.url)
    fail = {"PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"}
    done = site.uchet("init", *options, "--desk-user", "uchet", "--keyring", "--lang", "ru", **fail)
    assert done.code == 4
    assert "UCHET_BOOK_PASSWORD" in done.err
    assert not site.settings.exists()
