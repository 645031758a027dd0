"""``demo`` and ``emulate onec``: systems to try things on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..errors import Fatal
from .frame import OK, Seat, command

__all__: list[str] = []


@command("demo", help="A 1C, a real service desk and a company, with nothing to configure; runs the nightly job.")
def demo(
    seat: Seat,
    once: Annotated[bool, typer.Option("--once", help="Play a scripted week in a temporary folder and end.")] = False,
    desk: Annotated[str, typer.Option("--desk", help="Service desk to raise: roundup or rt.")] = "roundup",
    book: Annotated[
        str, typer.Option("--book", help="How to read the books: odata, or soap for what an exchange node is sent.")
    ] = "odata",
    month: Annotated[
        bool, typer.Option("--month", help="With --once: a calendar month instead of a week, everything accounted for.")
    ] = False,
    assets: Annotated[int, typer.Option("--assets", help="With --month: pieces of equipment, 30 or more.")] = 400,
    seed: Annotated[int, typer.Option("--seed", help="With --month: another number gives another month.")] = 1,
) -> int:
    from ..jobs.demo import run_demo, run_month  # brings servers with it: loaded only here

    if not month:
        return run_demo(once, seat.as_json, desk, book, language=seat.language)
    if not once or (desk, book) != ("roundup", "odata"):
        raise typer.BadParameter(seat.t("A month is played by --once --month, on the desk roundup."))
    return run_month(assets, seed, seat.as_json, language=seat.language)


@command(
    "onec", group="emulate", help="A 1C base on loopback, built from a base's $metadata (ours: 1C:Accounting 3.0)."
)
def emulate_onec(
    seat: Seat,
    metadata: Annotated[Path | None, typer.Option("--metadata", help="File with the $metadata of a base.")] = None,
    port: Annotated[int, typer.Option("--port", help="Port; 0 takes a free one.")] = 8011,
    base: Annotated[str, typer.Option("--base", help="Name of the base in the address.")] = "base",
    state: Annotated[Path | None, typer.Option("--state", help="File that keeps the data; without it, memory.")] = None,
    user: Annotated[str | None, typer.Option("--user", help="Login to ask for; without it, nobody is asked.")] = None,
    password: Annotated[
        str, typer.Option("--password", help="Password of that login.", envvar="UCHET_EMULATOR_PASSWORD")
    ] = "",
) -> int:
    from ..emulator import serve

    if metadata is not None and not metadata.is_file():
        raise Fatal(
            "metadata_missing",
            "There is no file {file}.",
            hint="Give the path of a saved $metadata.",
            file=str(metadata),
        )
    try:
        serve(metadata=metadata, port=port, base=base, state=state, user=user, password=password)
    except OSError as error:
        raise Fatal(
            "emulator_port",
            "Port {port} cannot be used: {reason}.",
            hint="Choose another one with --port.",
            port=port,
            reason=str(error),
        ) from error
    return OK
