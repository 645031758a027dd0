"""One side of a comparison as a process of its own: what it took in seconds and memory, its imports left out.

A side calls ``report`` around its work; the harness reads the line and adds the process's peak.
"""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

MIB = 1024 * 1024
HERE = Path(__file__).parent
#: Seconds between two looks at a program that runs.
_LOOK = 0.005


@dataclass(frozen=True, slots=True)
class Figure:
    """Seconds of work; seconds of the whole process; MiB at the start of the work and at the peak; what was found;
    seconds of processor time of the work, and of the whole process."""

    work: float
    whole: float
    start: float
    peak: float
    found: Any = None
    cpu: float = 0.0
    whole_cpu: float = 0.0

    @property
    def added(self) -> float:
        return self.peak - self.start

    @property
    def entire(self) -> Figure:
        """The whole process, from its start to its end, as if that were the work."""
        return replace(self, work=self.whole, cpu=self.whole_cpu, start=0.0)


def report(work: Callable[[], Any]) -> None:
    """Run ``work`` and print its figures as one JSON line. Called in the child, when everything is imported: what the
    imports left for the collector of cycles to look at is none of the work's either."""
    gc.collect()
    gc.freeze()
    _forget_peak()
    before = _resident()
    started, busy = time.perf_counter(), time.process_time()
    found = work()
    seconds, cpu = time.perf_counter() - started, time.process_time() - busy
    peak = _peak_of()
    told = {"work": seconds, "start": before, "peak": max(peak, before), "found": found, "cpu": cpu}
    print(json.dumps({**told, "whole_cpu": time.process_time()}))


def _resident() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / MIB


def _forget_peak() -> None:
    """What preparing and importing took for a moment is no memory of the work."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def _peak_of(pid: int | str = "self") -> float:
    """Since the process started or forgot, 0 for one that has ended; ``ru_maxrss`` would begin with the peak of the
    parent."""
    with suppress(OSError):
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:")), 0.0)
    return 0.0


def run(script: str, *args: object, python: str = sys.executable) -> Figure:
    """Run ``bench/SCRIPT ARGS`` and read its figures. Raises ``RuntimeError`` with its own words if it fails."""
    command = [python, str(HERE / script), *map(str, args)]
    started = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    whole = time.perf_counter() - started
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}\n{done.stderr[-3000:]}")
    line: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return Figure(line["work"], whole, line["start"], line["peak"], line["found"], line["cpu"], line["whole_cpu"])


def command(words: Sequence[str]) -> Figure:
    """Any program: its whole time, and the peak of its own memory as it was looked at every few milliseconds."""
    started = time.perf_counter()
    child = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    peak = 0.0
    while True:
        pid, status, usage = os.wait4(child.pid, os.WNOHANG)
        if pid:
            break
        peak = _peak_of(child.pid) or peak
        time.sleep(_LOOK)
    whole = time.perf_counter() - started
    child.returncode = os.waitstatus_to_exitcode(status)
    if status:
        raise RuntimeError(f"{words[0]} ended with {child.returncode}")
    busy = usage.ru_utime + usage.ru_stime
    return Figure(whole, whole, 0.0, peak, None, busy, busy)
