"""A mapping proposed from a file of ``$metadata``, for a person to read, correct and confirm."""

from __future__ import annotations

from pathlib import Path

from ..connectors.onec.metadata import parse
from ..errors import Fatal
from ..i18n import tr
from ..mappings.adopt import Proposal, Row, propose
from ..mappings.load import available, load_system

__all__ = ["adopt", "settings_of"]


def adopt(file: Path) -> Proposal:
    """The shipped mapping that fits the base best, with what must be changed in it. Raises ``Fatal``."""
    try:
        content = file.read_bytes()
    except OSError as error:
        raise Fatal(
            "metadata_file",
            "The file {file} cannot be read: {reason}.",
            hint="Save …/odata/standard.odata/$metadata of the base from a browser, and name that file.",
            file=str(file),
            reason=error.strerror or type(error).__name__,
        ) from error
    collections = parse(content).collections()
    return propose((load_system("book", name) for name in available("book")), collections)


def settings_of(proposal: Proposal, language: str) -> str:
    """The part of ``uchet.toml`` that the proposal amounts to; a line that is no plain match says how sure it is."""
    head = tr(
        "Proposed by “uchet adopt”. Read every line: nothing of it is used before it stands in uchet.toml.", language
    )
    lines = [f"# {head}", "[book]", f'mapping = "{proposal.base}"', "", "[mapping.book]"]
    shares = {(row.proposed, row.known): row for row in proposal.rows}
    for path, value in proposal.overrides.items():
        row = next((r for r in shares.values() if r.proposed == value), None)
        lines.append(f'"{path}" = "{value}"' + (f"  # {_why(row, language)}" if row else ""))
    missing = [row for row in proposal.rows if not row.proposed]
    if missing:
        lines += ["", f"# {tr('Nothing here resembles these: name them by hand, or leave them out.', language)}"]
        lines += [f"#   {row.owner} {row.name}: {row.known}".replace("  ", " ") for row in missing]
    return "\n".join(lines) + "\n"


def _why(row: Row, language: str) -> str:
    template = "elsewhere {known}; {share} % of the words are the same"
    return tr(template, language, known=row.known, share=round(row.share * 100))
