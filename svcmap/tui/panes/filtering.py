"""The filter over the lists, and their order: which rows are shown, and why a row is that its name does not explain."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol, TypeVar

from msgspec.structs import replace

from svcmap.checks.finding import FAULTS
from svcmap.checks.standing import MARKS
from svcmap.model.refs import Name
from svcmap.paths.views.whereabouts import is_term
from svcmap.tui.panes.service_rows import BREAK, ServiceRow
from svcmap.tui.widgets.table_rows import Row

Lookup = Callable[[str], frozenset[Name]]
"""The Services that an address, `:nodePort`, host name or pod leads to."""
ORDERS = ("name", "type", "ready", "problem")
EXPLAINED = 300
"""Rows of which it is said why they match: more are never looked through by hand."""


class Filterable(Protocol):
    """A row that can be found by the text of it."""

    @property
    def text(self) -> str: ...

    @property
    def namespace(self) -> str: ...


Found = TypeVar("Found", bound=Filterable)


def nowhere(_term: str) -> frozenset[Name]:
    """A look-up without a state."""
    return frozenset()


def matching(
    rows: list[ServiceRow], query: str, *, faults_only: bool = False, lookup: Lookup = nowhere
) -> list[ServiceRow]:
    """Rows that contain every word of the query, and none of its `!words`; with `faults_only` those with problems.

    A word that is or begins an address, `:nodePort`, host or pod also finds the Services it leads to; `:80` is a port,
    `ns:shop` a namespace, `lb` a type.
    """
    for word in query.lower().split():
        if word.startswith("!"):
            rows = [row for row in rows if word[1:] not in row.text] if len(word) > 1 else rows
        elif word.startswith("ns:"):
            rows = [row for row in rows if row.name.namespace.startswith(word[3:])]
        else:
            behind = lookup(word) if is_term(word) else frozenset()
            whole = [row for row in rows if f"{BREAK}{word}{BREAK}" in row.text] if word.startswith(":") else []
            rows = whole or [row for row in rows if word in row.text or row.name in behind]
    return [row for row in rows if row.mark in FAULTS] if faults_only else rows


def containing(rows: Iterable[Found], query: str) -> list[Found]:
    """Rows with every word of a query, and none of its `!words`; `ns:shop` is a namespace."""
    words = [word for word in query.lower().split() if word != "!"]
    return [row for row in rows if all(_has(row, word) for word in words)]


def _has(row: Filterable, word: str) -> bool:
    if word.startswith("!"):
        return word[1:] not in row.text
    return row.namespace.startswith(word[3:]) if word.startswith("ns:") else word in row.text


def explained(rows: Sequence[ServiceRow], query: str) -> list[Row]:
    """The rows as they are drawn; one that is not found by its name says what of it the word is in."""
    words = [word for word in query.lower().split() if word[0] != "!" and not word.startswith("ns:")]
    if not words:
        return [row.row for row in rows]
    return [_explained(row, words) if number < EXPLAINED else row.row for number, row in enumerate(rows)]


def _explained(row: ServiceRow, words: Sequence[str]) -> Row:
    why = [term for word in words if word not in str(row.name).lower() for term in [_term_with(row, word)]]
    if not why:
        return row.row
    name = row.row.cells[1]
    cells = (row.row.cells[0], replace(name, text=f"{name.text} ← {' '.join(why)}"), *row.row.cells[2:])
    return replace(row.row, cells=cells)


def _term_with(row: ServiceRow, word: str) -> str:
    is_port = word.startswith(":") and word in row.terms  # `:80` is no beginning of `:8080`
    return word if is_port else next((term for term in row.terms if word in term), word)


def ordered(rows: list[ServiceRow], order: str) -> list[ServiceRow]:
    """Rows in the order of a column; by anything but the name the namespaces do not group them."""
    if order == "name":
        return rows
    return [_with_namespace(row) for row in sorted(rows, key=lambda row: (_key(row, order), row.name))]


def _key(row: ServiceRow, order: str) -> tuple[float, str]:
    match order:
        case "type":
            return 0, row.row.cells[2].text
        case "ready":
            ready, _, total = row.row.cells[3].text.partition("/")
            known = ready.isdigit() and total.isdigit()
            return (int(ready) / max(1, int(total)) if known else 2, row.row.cells[3].text)
    return (MARKS.index(row.mark) if row.mark in MARKS else len(MARKS), "")


def _with_namespace(row: ServiceRow) -> ServiceRow:
    name = row.row.cells[1]
    cells = (row.row.cells[0], replace(name, text=f"{row.name.namespace}/{name.text}"), *row.row.cells[2:])
    return replace(row, row=replace(row.row, cells=cells, group=""))
