"""``./run bench [NAME…]``: one line per goal with the figure, the goal, ``ok`` or ``MISS``, and both sides.

Options: ``--runs N`` repetitions (the median counts), ``--scale F`` a fraction of the sizes, ``--folder PATH``.
The exit code is 1 if a goal was missed. ``./run bench desks``: what each desk costs, see ``desks.py``.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import desks
from goals import BENCHES
from stage import Stage


def main() -> int:
    if sys.argv[1:2] == ["desks"]:  # a table of costs, without goals
        return desks.main(sys.argv[2:])
    parser = argparse.ArgumentParser(prog="./run bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"some of: {', '.join(BENCHES)}")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--folder", type=Path, default=Path(sys.prefix) / "bench")
    options = parser.parse_args()
    unknown = set(options.names) - set(BENCHES)
    if unknown:
        parser.error(f"no such bench: {', '.join(sorted(unknown))}; there are {', '.join(BENCHES)}")
    options.folder.mkdir(parents=True, exist_ok=True)
    stage = Stage(options.folder, options.runs)
    missed = False
    for name in options.names or BENCHES:
        bench, size = BENCHES[name]
        try:
            results = bench(stage, max(100, int(size * options.scale)))
        except RuntimeError as error:
            print(f"bench {name} figure=none MISS {error}", flush=True)
            missed = True
            continue
        for label, result in results:
            print(result.line(label), flush=True)
            missed = missed or not result.ok
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
