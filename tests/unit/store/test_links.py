"""Links are one to one, whoever makes them; a rejection ends them for good."""

from __future__ import annotations

from dataclasses import replace

import pytest

from uchet.errors import Reject
from uchet.sync.store import Store
from uchet.sync.types import Link, Seen


def test_a_link_is_found_from_both_sides(store: Store, make) -> None:
    link = make.link(1, by="anna", rule="inventory_number", score=90)
    store.put_link("main", link, by="anna", run="r1")
    store.put_link("other", make.link(1, desk=9), by="anna")
    store.put_link("main", Link("person", "b1", "d1"), by="anna")
    assert store.links("main", "equipment") == [link]
    assert [x.kind for x in store.links("main")] == ["equipment", "person"]
    assert store.find_link("main", "equipment", "book", "b1") == link
    assert store.find_link("main", "equipment", "desk", "d1") == link
    assert store.find_link("main", "equipment", "desk", "b1") is None


def test_the_same_link_again_renews_it(store: Store, make) -> None:
    store.put_link("main", make.link(), by="anna")
    newer = make.link(seen=Seen({"model": "X"}, {}, retired=True))
    store.put_link("main", newer, by="anna")
    assert store.links("main") == [newer]


def test_a_person_who_links_what_is_linked_forgets_nothing_of_it(store: Store, make) -> None:
    seen = Seen({"model": "X"}, {"model": "x"})
    store.put_link("main", make.link(seen=seen), by="uchet")
    said = Link("equipment", "b1", "d1", rule="person", by="anna")
    store.put_link("main", said, by="anna")
    assert store.links("main") == [replace(said, seen=seen)]
    store.drop_link("main", "equipment", "b1", "d1", by="anna")
    store.put_link("main", said, by="anna")
    assert store.links("main") == [said], "who unlinks begins anew"


@pytest.mark.parametrize(("book", "desk"), [(1, 2), (2, 1)])
def test_a_second_link_of_one_record_is_refused_whole(store: Store, make, book: int, desk: int) -> None:
    store.put_link("main", make.link(1), by="anna")
    head = store.head("main")
    with pytest.raises(Reject) as caught:
        store.put_link("main", make.link(book, desk), by="boris")
    assert caught.value.code == "already_linked"
    assert store.links("main") == [make.link(1)]
    assert store.head("main") == head


def test_unlink(store: Store, make) -> None:
    store.put_link("main", make.link(), by="anna")
    store.drop_link("main", "equipment", "b1", "d1", by="boris")
    assert store.links("main") == []
    with pytest.raises(Reject) as caught:
        store.drop_link("main", "equipment", "b1", "d1", by="boris")
    assert caught.value.code == "not_linked"
    assert [(row.what, row.by) for row in store.audit("main")] == [("unlink", "boris"), ("link", "anna")]


def test_reject_unlinks_and_stays_until_a_person_links(store: Store, make) -> None:
    store.put_link("main", make.link(), by="anna")
    store.reject("main", "equipment", "b1", "d1", by="boris")
    store.reject("main", "equipment", "b1", "d1", by="boris")
    assert store.links("main") == []
    assert store.rejected("main") == {("equipment", "b1", "d1")}
    assert store.rejected("other") == set()
    store.put_link("main", make.link(), by="anna")
    assert store.rejected("main") == set()
