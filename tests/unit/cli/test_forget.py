"""``uchet forget`` asks first, says what it did, and names the copies that still know."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from uchet.settings import Settings
from uchet.sync.store import Store
from uchet.sync.types import Link, Seen

NAME = "Ёлкина Анна Петровна"


def test_forget(cli: Any, settings: Settings, store: Store) -> None:
    where = settings.state_url
    assert isinstance(where, Path)
    seen = Seen({"name": NAME}, {"name": NAME})
    store.put_link(settings.pair, Link("person", "p1", "7", seen=seen), by="t")
    old = where.with_name(f"{where.name}.0001-20260301-223000.bak")
    old.write_bytes(b"x")
    copy = where.parent / "uchet-cache" / "onec-1" / "copy-1.rows"
    copy.parent.mkdir(parents=True)
    copy.write_text(NAME, "utf-8")
    (copy.parent / "exchange.state").write_text("{}", "utf-8")
    refused = cli("forget", NAME, "--json")
    assert copy.exists()
    assert (refused.code, refused.json) == (3, {"forgotten": False})
    assert NAME.encode() in b"".join(p.read_bytes() for p in where.parent.glob(f"{where.name}*"))
    done = cli("forget", "елкина анна петровна", "--yes", "--json")
    assert (done.code, done.json["forgotten"], done.json["alias"]) == (0, True, "person-1")
    assert [Path(path).name for path in done.json["copies"]] == [old.name]
    assert NAME.encode() not in b"".join(p.read_bytes() for p in where.parent.glob(f"{where.name}*"))
    assert [path.name for path in copy.parent.iterdir()] == ["exchange.state"]
    again = cli("forget", NAME, "--yes", "--lang", "ru")
    assert again.code == 1
    assert "никого" in again.err
    said = cli("forget", "book:person:p1", "--yes", "--lang", "ru")
    assert said.code == 0
    assert old.name in said.out.replace("\n", "")
    assert cli("status", "--json").json["audit_broken"] is None
