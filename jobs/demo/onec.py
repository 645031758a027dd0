"""The demo's 1C as a process of its own: ``python -m uchet.jobs.demo.onec STATE PORT BASE USER PASSWORD``."""

from __future__ import annotations

import sys

from ...emulator.server import serve

if __name__ == "__main__":
    state, port, base, user, password = sys.argv[1:6]
    serve(port=int(port), base=base, state=state, user=user, password=password)
