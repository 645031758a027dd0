"""The table of goals: each takes a stage and a size and gives a figure with both sides' times and memory."""

from __future__ import annotations

import hashlib
import os
import statistics
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import child
import odata
import reconciling
import soap
from child import Figure
from figures import Result, added, peak, ratio, told, work
from stage import Stage

SIZE, LARGE = 100_000, 1_000_000


Bench = Callable[[Stage, int], Sequence[tuple[str, Result]]]


# -- the three-way diff ---------------------------------------------------------------------------------------------


def diff(stage: Stage, n: int) -> list[tuple[str, Result]]:
    state, folder = stage.twins(n)
    python = stage.peer("diffsync")
    ours, theirs = [], []
    for _ in range(stage.runs):
        ours.append(child.run("ours.py", "diff", stage.copy(state), folder))
        theirs.append(child.run("peer_diffsync.py", folder, python=python))
    sides = f"{told('uchet', ours)} {told('diffsync', theirs)} found={ours[0].found}"
    memory = added(theirs) / max(added(ours), 0.1)
    return [
        ("diff-time", Result(ratio(theirs, ours), 25, "x", sides, least=True)),
        ("diff-memory", Result(memory, 15, "x", sides, least=True)),
    ]


def diff_large(stage: Stage, n: int) -> list[tuple[str, Result]]:
    small, large = [], []
    for size, figures in ((n // 10, small), (n, large)):
        state, folder = stage.twins(size)
        figures += [child.run("ours.py", "diff", stage.copy(state), folder) for _ in range(min(stage.runs, 3))]
    sides = f"{told(str(n), large)} {told(str(n // 10), small)}"
    return [
        ("diff-large-time", Result(work(large) / work(small), 11, "x", sides)),
        ("diff-large-memory", Result(added(large), 150, "MiB", sides)),
    ]


# -- the no-change run ----------------------------------------------------------------------------------------------


def nochange(stage: Stage, n: int) -> list[tuple[str, Result]]:
    state = stage.state(n)
    with stage.server(n) as server:
        first = child.run("ours.py", "night", stage.copy(state), server.port, 1)
        log = server.log(stage.path("log"))
        ours, typed, ordinary = [first], [], []
        for round in range(stage.runs):
            if round:
                ours.append(child.run("ours.py", "night", stage.copy(state), server.port, 1))
            typed.append(child.run("peers.py", "typed", server.port, log))
            ordinary.append(child.run("peers.py", "ordinary", server.port, log))
    sides = f"{told('uchet', ours)} found={ours[0].found}"
    return [
        ("nochange", Result(ratio(ours, typed), 1.5, "x", f"{sides} {told('typed', typed)}")),
        (
            "nochange-ordinary",
            Result(ratio(ordinary, ours), 4, "x", f"{sides} {told('plain', ordinary)}", least=True),
        ),
    ]


def nochange_large(stage: Stage, n: int) -> list[tuple[str, Result]]:
    peaks = {}
    for size in (n // 10, n):
        state = stage.state(size)
        with stage.server(size) as server:
            peaks[size] = child.run("ours.py", "night", stage.copy(state), server.port, 1)
    more = peaks[n].peak - peaks[n // 10].peak
    sides = " ".join(told(str(size), [figure]) for size, figure in peaks.items())
    return [("nochange-memory", Result(more, 40, "MiB", sides))]


def parallel(stage: Stage, n: int) -> list[tuple[str, Result]]:
    state = stage.state(n)
    ours, theirs = [], []
    with stage.server(n, delay_ms=100) as server:
        ours.append(child.run("ours.py", "night", stage.copy(state), server.port, 4))
        config = _curl(server.log(stage.path("log")), server.port, stage.path("curl"))
        words = ("curl", "--silent", "--parallel", "--parallel-max", "4", "--globoff", "--config", str(config))
        for round in range(stage.runs):
            if round:
                ours.append(child.run("ours.py", "night", stage.copy(state), server.port, 4))
            theirs.append(child.command(words))
    sides = f"{told('uchet', ours)} {told('curl', theirs)}"
    return [("parallel", Result(ratio(ours, theirs), 1.15, "x", sides))]


def _curl(log: Path, port: str, target: Path) -> Path:
    lines = [f'url = "http://127.0.0.1:{port}{line}"\noutput = "/dev/null"' for line in log.read_text().splitlines()]
    target.write_text("\n".join(lines))
    return target


def changed(stage: Stage, n: int) -> list[tuple[str, Result]]:
    """Memory of planning a night on which every record of the desk changed, against a quiet night."""
    state = stage.state(n)
    with stage.server(n) as server:
        quiet = [child.run("ours.py", "plan", stage.copy(state), server.port) for _ in range(stage.runs)]
    with stage.server(n, changed=True) as server:
        full = [child.run("ours.py", "plan", stage.copy(state), server.port) for _ in range(stage.runs)]
    sides = f"{told('changed', full)} {told('quiet', quiet)} writes={full[0].found}"
    return [("changed-memory", Result(peak(full) / peak(quiet), 1.5, "x", sides))]


# -- the store, requests, the command line ---------------------------------------------------------------------------


def first_load(stage: Stage, n: int) -> list[tuple[str, Result]]:
    ours, theirs = [], []
    for _ in range(stage.runs):
        ours.append(child.run("ours.py", "first-load", n, stage.empty()))
        theirs.append(child.run("peers.py", "orm", n, stage.empty()))
    sides = f"{told('uchet', ours)} {told('orm', theirs)}"
    return [("first-load", Result(ratio(theirs, ours), 8, "x", sides, least=True))]


def writes(stage: Stage, n: int) -> list[tuple[str, Result]]:
    """Requests per changed record against the emulator and a real Roundup (few records: it is a count)."""
    found = child.run("requests_count.py", stage.path("firm"))
    lines = []
    for name, goal in (("book", 1), ("desk", 2)):
        got = found.found[name]
        lines.append((f"writes-{name}", Result(got["per_record"], goal, "", f"{got['requests']} for {got['records']}")))
    return lines


def flood(stage: Stage, n: int) -> list[tuple[str, Result]]:
    """N movements of a real Roundup become drafts of the emulated 1C in one night; requests and memory are counted."""
    folder = stage.flood(n)
    with stage.served(folder) as (book, desk):
        figure = child.run("flood_run.py", "night", folder / "uchet.db", book, desk)
        after = child.run("flood_run.py", "calm", folder / "uchet.db", book, desk)
    cost = figure.found
    sides = f"{told('uchet', [figure])} events={n} {' '.join(f'{name}={count}' for name, count in cost.items())}"
    most = cost["drafts"] + cost["pages"] + 20
    return [
        ("flood-requests", Result(cost["requests"], most, "", sides)),
        ("flood-memory", Result(figure.added, 150, "MiB", sides)),
        ("flood-after-memory", Result(after.added, 150, "MiB", f"{told('uchet', [after])} requests={after.found}")),
    ]


def status(stage: Stage, n: int) -> list[tuple[str, Result]]:
    """The whole process, as typed, on the state of N linked things."""
    state = stage.copy(stage.state(n))
    settings = stage.path("uchet.toml")
    settings.write_text(
        f'pair = "bench"\nstate = "{state}"\n[book]\nconnector = "onec"\nurl = "http://127.0.0.1/base"\n'
        'mapping = "bp30"\n[desk]\nconnector = "roundup"\nurl = "http://127.0.0.1/desk"\nmapping = "roundup"\n'
    )
    os.environ["UCHET_SETTINGS"] = str(settings)
    words = (str(Path(sys.executable).with_name("uchet")), "status")
    runs = [child.command(words) for _ in range(max(stage.runs, 5))]
    bare = [child.command((sys.executable, "-c", "pass")) for _ in range(max(stage.runs, 5))]
    sides = f"{told('status', runs)} {told('python', bare)}"
    return [("status", Result(work(runs), 0.6, "s", sides))]


#: name → (what runs, size).
def onec(stage: Stage, size: int) -> Sequence[tuple[str, Result]]:
    """A 1C catalogue read: uchet against the Python clients for 1C and bare requests; a scan after 1 % has changed."""
    found = odata.measure(size, stage.runs, stage.folder)
    return [(f"odata.{name}", Result(*rest)) for name, *rest in odata.goals(found)]


def _marked(figures: Sequence[Figure]) -> float:
    """The MiB that the work itself added."""
    return statistics.median(f.found["added"] for f in figures)


def web_service(stage: Stage, size: int) -> Sequence[tuple[str, Result]]:
    """A large answer of a web service: raw decoding against zeep's objects; memory with ten times as many, and of an
    exchange message of 50 MB (at the full size) that comes in parts."""
    from uchet.emulator import Emulator

    files = {count: stage.path(f"soap-{count}.xml") for count in (size, 10 * size)}
    for count, file in files.items():
        soap.write(count, file)
    ours, theirs, large = [], [], []
    for _ in range(stage.runs):
        ours.append(child.run("soap.py", "raw", files[size]))
        theirs.append(child.run("soap.py", "zeep", files[size]))
        large.append(child.run("soap.py", "raw", files[10 * size]))
    with Emulator() as base:
        base.world.put("Catalog_Номенклатура", {"Description": "Картридж"})
        base.soap.exchange.add_node("bench")
        first = child.run("soap.py", "first", base.soap.url)
        # 10 kB each, of which an archive keeps a half
        noise = ("".join(hashlib.sha512(f"{n}.{k}".encode()).hexdigest() for k in range(80)) for n in range(size // 2))
        base.world.put_many("Catalog_Номенклатура", ({"Description": "Товар", "Комментарий": text} for text in noise))
        whole = child.run("soap.py", "receive", base.soap.url)
    sides = (
        f"{told('uchet', ours)} {told('zeep', theirs)} found={ours[0].found['rows']} first-record={first.whole:.2f}s"
    )
    grown = f"{told(str(10 * size), large)} {told(str(size), ours)}"
    return [
        ("soap-decode", Result(ratio(theirs, ours), 4, "x", sides, least=True)),
        ("soap-memory", Result(_marked(large) - _marked(ours), 5, "MiB", grown)),
        (
            "soap-exchange",
            Result(_marked([whole]), 100, "MiB", f"uchet={whole.work:.1f}s objects={whole.found['rows']}"),
        ),
    ]


BENCHES: dict[str, tuple[Bench, int]] = {
    "diff": (diff, SIZE),
    "diff-large": (diff_large, LARGE),
    "nochange": (nochange, SIZE),
    "nochange-large": (nochange_large, LARGE),
    "parallel": (parallel, SIZE),
    "first-load": (first_load, SIZE),
    "changed": (changed, SIZE),
    "writes": (writes, 1),
    "flood": (flood, SIZE),
    "status": (status, 1000),
    "odata": (onec, SIZE),
    "soap": (web_service, 10_000),
    "report": (reconciling.report, SIZE),
    "matching": (reconciling.matching, SIZE),
    "exact": (reconciling.exact, LARGE),
    "balances": (reconciling.balances, 5 * LARGE),
}
