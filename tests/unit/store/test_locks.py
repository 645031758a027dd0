"""One writer per pair, between processes; the dead do not hold on."""

from __future__ import annotations

import os
from datetime import timedelta

import pytest

from uchet.errors import Blocked
from uchet.sync.store import Store

TTL = timedelta(minutes=10)
HOLD = """
import sys
from datetime import timedelta
from uchet.sync.store import Store
store = Store.open({path!r})
with store.locked("main", "nightly", timedelta(minutes=10)):
    print("held", flush=True)
    sys.stdin.readline()
print("freed", flush=True)
"""
RACE = """
import sys
from datetime import timedelta
from uchet.errors import Blocked
from uchet.sync.store import Store
store = Store.open({path!r})
print("ready", flush=True)
sys.stdin.readline()
won = 0
for number in range(15):
    try:
        with store.locked("main", "racer", timedelta(minutes=10)):
            won += 1
            seen = store.runs("main", 1)
            before = seen[0].reads if seen else 0
            from dataclasses import replace
            store.finish_run(replace(store.start_run("race", "main"), reads=before + 1))
    except Blocked:
        pass
print(won, flush=True)
"""


def test_another_holder_waits_and_other_pairs_do_not(store: Store) -> None:
    with store.locked("main", "nightly", TTL) as lock:
        assert (lock.pair, lock.holder) == ("main", "nightly")
        with pytest.raises(Blocked) as caught, store.locked("main", "web", TTL):
            pass
        assert caught.value.code == "pair_locked"
        assert "nightly" in caught.value.text("en")
        with store.locked("other", "web", TTL):
            pass
    with store.locked("main", "web", TTL):
        pass


def test_an_error_inside_frees_the_pair(store: Store) -> None:
    with pytest.raises(KeyError), store.locked("main", "nightly", TTL):
        raise KeyError
    with store.locked("main", "web", TTL):
        pass


def test_a_lapsed_lock_is_taken_over_and_its_holder_learns(store: Store, clock) -> None:
    with store.locked("main", "nightly", TTL) as old:
        clock.forward(minutes=9)
        old.renew()
        clock.forward(minutes=9)
        with pytest.raises(Blocked), store.locked("main", "web", TTL):
            pass
        clock.forward(minutes=2)
        with store.locked("main", "web", TTL):
            with pytest.raises(Blocked) as caught:
                old.renew()
            assert caught.value.code == "lock_lost"


def test_the_old_holder_does_not_free_the_new_ones_lock(store: Store, clock) -> None:
    with store.locked("main", "nightly", TTL):
        clock.forward(minutes=11)
        second = store.locked("main", "web", TTL)
        second.__enter__()
    with pytest.raises(Blocked), store.locked("main", "third", TTL):
        pass
    second.__exit__(None, None, None)


def test_another_process_holds_the_pair(path, child) -> None:
    with child(HOLD.format(path=str(path))) as holder, Store.open(path) as store:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(Blocked), store.locked("main", "web", TTL):
            pass
        holder.stdin.write("\n")
        holder.stdin.flush()
        assert holder.stdout.readline() == "freed\n"
        with store.locked("main", "web", TTL):
            pass


@pytest.mark.skipif(os.name != "posix", reason="only there can a dead process be told from a living one")
def test_a_killed_process_does_not_hold_the_pair(path, child) -> None:
    with child(HOLD.format(path=str(path))) as holder, Store.open(path) as store:
        assert holder.stdout.readline() == "held\n"
        holder.kill()
        holder.wait()
        with store.locked("main", "web", TTL):
            pass


def test_two_processes_never_work_together(path, child) -> None:
    """Both also open the new file at the same moment: one creates it, the other finds it."""
    racers = [child(RACE.format(path=str(path))) for _ in range(2)]
    for racer in racers:
        assert racer.stdout.readline() == "ready\n", racer.stderr.read()
    for racer in racers:
        racer.stdin.write("\n")
        racer.stdin.flush()
    outputs = [racer.communicate(timeout=60) for racer in racers]
    assert [err for _, err in outputs] == ["", ""]
    won = sum(int(out) for out, _ in outputs)
    with Store.open(path) as store:
        # Each winner read the last figure and wrote one more: two at once would have written the same one.
        assert [run.reads for run in store.runs("main", 100)] == list(range(won, 0, -1))
        assert store.verify("main") is None
    assert won >= 15
