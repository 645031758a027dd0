"""The emulator against an independent reckoning: conditions over the same rows, and balances after postings.

``UCHET_FILTERS`` and ``UCHET_POSTINGS`` ask for more than the 500 and 200 of an ordinary run.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from random import Random
from typing import Any

import filters
import ledger_model
import pytest
import zoo

from uchet.emulator import Emulator

FILTERS = int(os.environ.get("UCHET_FILTERS", "500"))
POSTINGS = int(os.environ.get("UCHET_POSTINGS", "200"))
SEED = int(os.environ.get("UCHET_SEED", "20261128"))


def seeded(base: Emulator, chance: Random) -> tuple[list[filters.Row], list[str], list[str]]:
    partners = {zoo.key(name): name for name in ("Свой", "Чужой")}
    keys = [zoo.key(name) for name in ("Главный", "Запасной", *partners.values())]
    made = filters.rows(chance, keys, partners)
    with base.world.batch():
        for row in list(base.world.rows(filters.GOODS)):
            base.world.remove(filters.GOODS, row["Ref_Key"])
        for row in made:
            sent = {name: value for name, value in row.items() if name not in ("number", "Поставщик")}
            kind = row["Хранение_Type"]
            full = kind if kind in ("", "Edm.String") else f"StandardODATA.{kind}"
            sent |= {
                "Ref_Key": zoo.key(f"вещь {row['number']}"),
                "Выпущен": row["Выпущен"].isoformat(),
                "Хранение_Type": full or "StandardODATA.Undefined",
                "Поставщик_Key": row["Поставщик_Key"] or None,
            }
            base.world.put(filters.GOODS, sent)
    return made, keys, list(partners)


def test_conditions_mean_what_they_say(connect: Callable[[str], Any], closing: Any) -> None:
    chance = Random(SEED)
    with Emulator(zoo.model()) as base:
        zoo.populate(base)
        made, keys, partners = seeded(base, chance)
        client, maker, chosen = connect(base.url), filters.Maker(chance, keys, partners), 0
        for number in range(FILTERS):
            condition = maker.condition()
            answer = client.call("GET", filters.GOODS, query=f"$select=Ref_Key&$filter={condition.text}")
            assert answer.status_code == 200, (number, condition.text, answer.text)
            found = {row["Ref_Key"] for row in answer.json()["value"]}
            wanted = {zoo.key(f"вещь {row['number']}") for row in made if condition.meaning(row)}
            assert found == wanted, (SEED, number, condition.text)
            chosen += len(found)
    share = chosen / (FILTERS * len(made))
    assert 0.2 < share < 0.8, "conditions that choose something"
    closing(f"{FILTERS} conditions over {len(made)} rows answer as reckoned by themselves ({share:.0%} of rows chosen)")


def test_balances_are_the_sum_of_what_was_posted(connect: Callable[[str], Any], closing: Any) -> None:
    with Emulator() as base:
        client = connect(base.url)
        books = ledger_model.Books(base, client, Random(SEED))
        for _ in range(POSTINGS):
            books.step()
        assert books.shown() == books.reckoned()
        assert books.turned() == books.moved()
        assert books.refused > 0, "some were refused for lack of things"
    closing(
        f"{POSTINGS} postings: {books.posted} posted, {books.refused} refused, {books.unposted} taken back; "
        f"{len(books.reckoned())} balances of МЦ.04 equal"
    )


if __name__ == "__main__":
    pytest.main([__file__, "-q"])
