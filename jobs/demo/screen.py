"""What the demo shows a person: the runs as they finish, where to click, what to try."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from ...i18n import tr
from ...sync.types import Run
from .servers import BOOK_LOGIN, Servers

__all__ = ["Screen"]

_OUTCOMES: Mapping[str, tuple[str, str]] = {
    "clean": ("clean", "green"),
    "changed": ("changed", "cyan"),
    "partial": ("partial", "yellow"),
    "blocked": ("waits for a person", "magenta"),
    "failed": ("failed", "red"),
}
_TRY: tuple[tuple[str, str], ...] = (
    ("what happened at night and who waits for whom", "uchet status"),
    ("the questions that a person must decide", "uchet issues list"),
    ("the story of one thing", "uchet explain БП-000120"),
    ("change something at the desk, then see what would follow", "uchet plan"),
    ("run the nightly job", "uchet run nightly"),
)


class Screen:
    """A console and its reader's language. With a quiet console nothing is shown."""

    def __init__(self, console: Console, language: str) -> None:
        self.console = console
        self.language = language

    def t(self, template: str, **params: object) -> str:
        return tr(template, self.language, **params)

    @contextmanager
    def busy(self, title: str) -> Iterator[None]:
        """A spinner where somebody looks."""
        if self.console.quiet or not self.console.is_terminal:
            yield
            return
        with self.console.status(Text(self.t(title) + "…")):
            yield

    def run(self, title: str, run: Run) -> None:
        """One line for a finished run."""
        word, colour = _OUTCOMES[run.outcome]
        figures = self.t(
            "read {reads}, written {writes}, drafts {drafts}, open questions {issues}",
            reads=run.reads,
            writes=run.writes,
            drafts=run.drafts,
            issues=run.issues,
        )
        line = Text.assemble((f"{self.t(word):>14}  ", colour), (self.t(title), "bold"), f" — {figures}")
        self.console.print(line)

    def closing(self, told: Mapping[str, Any]) -> None:
        """The summary of the week."""
        table = Table(title=self.t("How the week ended"), show_header=False, title_justify="left")
        for title, name in (("Linked", "links"), ("Open questions", "open_issues"), ("Drafts", "drafts")):
            counts = ", ".join(f"{key}: {value}" for key, value in told[name].items())
            table.add_row(self.t(title), counts or "—")
        self.console.print(table)
        if told["quiet"]:
            words, style = "The last run wrote nothing: the books and the desk tell the same story.", "bold green"
        else:
            words, style = "The last run still had something to write.", "bold red"
        self.console.print(Text(self.t(words), style=style))

    def month(self, told: Mapping[str, Any]) -> None:
        """Where everything that happened in the month stands."""
        table = Table(title=self.t("How the month ended"), show_header=False, title_justify="left")
        for state, counts in told["events"].items():
            shown = counts if isinstance(counts, int) else ", ".join(f"{name}: {n}" for name, n in counts.items())
            table.add_row(state, str(shown))
        table.add_row(self.t("Open questions"), ", ".join(f"{name}: {n}" for name, n in told["open_issues"].items()))
        self.console.print(table)
        style = "bold red" if told["unexplained"] else "bold green"
        self.console.print(Text(self.t("Unexplained: {count}.", count=told["unexplained"]), style=style))

    def title(self, template: str, **params: object) -> None:
        """A line between two parts."""
        self.console.print(Text(self.t(template, **params), "bold"))

    def comparison(self, one: str, other: str, told: Mapping[str, Any]) -> None:
        """What both systems hold at the end of either week, asked from the servers."""
        titles = (self.t("Both systems at the end"), one, other)
        table = Table(*titles, title_justify="left")
        for section, (ours, theirs) in told["records"].items():
            table.add_row(section, str(ours), str(theirs))
        self.console.print(table)
        for line in told["differences"][:20]:
            self.console.print(Text(line, "red"))
        if not told["differences"]:
            self.console.print(Text(self.t("Both weeks ended alike, record by record."), "bold green"))

    def invitation(self, servers: Servers) -> None:
        """Addresses, logins and what to try; Ctrl-C ends it."""
        text = Text()
        self._place(text, self.t("Service desk ({desk})", desk=servers.desk.title), servers.desk_url)
        for login, password in servers.desk.logins.items():
            self._login(text, login, password)
        self._place(text, self.t("1C, standard OData"), f"{servers.book_url}/")
        self._login(text, *BOOK_LOGIN)
        text.append("\n" + self.t("In another window try:") + "\n", "bold")
        for words, command in _TRY:
            text.append(f"  {self.t(words)}\n")
            text.append(f"    {command} --settings {servers.settings}\n", "cyan")
        text.append("\n" + self.t("Ctrl-C stops both."), "dim")
        self.console.print(Panel(text, title="uchet demo", title_align="left"))

    def _place(self, text: Text, name: str, address: str) -> None:
        text.append(f"{name}: ", "bold")
        text.append(f"{address}\n")

    def _login(self, text: Text, user: str, password: str) -> None:
        text.append("    " + self.t("login {user}, password {password}", user=user, password=password) + "\n")
