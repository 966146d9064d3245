"""The endpoints of the open Service, in groups."""

from __future__ import annotations

from svcmap.model.addresses import before_port
from svcmap.model.facts import Endpoint
from svcmap.picture import groups as grouped
from svcmap.picture.drawing.glyphs import STATE_STATUS, STATE_SYMBOLS
from svcmap.picture.drawing.plan import Lit
from svcmap.picture.drawing.texts import cells
from svcmap.picture.groups import WORKING, state_of
from svcmap.picture.selection import Selection
from svcmap.picture.spots import EndpointSpot, Spot
from svcmap.tui.panes.pane import Pane, Shown
from svcmap.tui.widgets.table_rows import Cell, Column, Row

STATE_WORDS = {
    "external": "not checked by Kubernetes",
    "expected": "expected, none seen",
    "dns-only": "DNS only, kube-proxy leaves it out",
}
COLUMNS = (
    Column("", width=1),
    Column("POD", flex=2, most=48, middle=True, wrap=True),
    Column("ADDRESS", most=45),
    Column("NODE", most=20, middle=True, drop=66),
    Column("ZONE", most=16, drop=96),
    Column("STATE", flex=3, most=44, wrap=True),
)


def rows(shown: Shown) -> list[Row]:
    """One row per endpoint, what does not work first within its group."""
    view, by = shown.view, shown.by
    groups = [group for group in view.groups[by] if group.members and view.shown_as != "ExternalName"]
    titled = len(groups) > 1 and by != "pod"
    return [
        Row(endpoint.id, _cells(endpoint), cells(group.title) if titled else "")
        for group in groups
        for endpoint in sorted(group.members, key=lambda e: state_of(e) in WORKING)
    ]


def _cells(endpoint: Endpoint) -> tuple[Cell, ...]:
    state = state_of(endpoint)
    status = STATE_STATUS[state]
    port = f":{endpoint.ports[0].port}" if endpoint.ports else ""
    address = f"{before_port(endpoint.address)}{port}" if port else endpoint.address
    says = endpoint.reason or STATE_WORDS.get(state, state)
    name = endpoint.pod.name if endpoint.pod else endpoint.id
    return (
        Cell(STATE_SYMBOLS[state], status),
        Cell(cells(name)),
        Cell(address if endpoint.address else "not known yet"),
        Cell(cells(endpoint.node) or "-", "muted"),
        Cell(cells(endpoint.zone) or "-", "muted"),
        Cell(cells(says), "muted" if state in WORKING else status),
    )


def spot_of(shown: Shown, key: str) -> Spot | None:
    del shown
    return EndpointSpot(key)


def linked(shown: Shown, selection: Selection, lit: Lit | None) -> frozenset[str]:
    """The endpoint that is selected, or those of the selected group."""
    if lit is None:
        return frozenset()
    if selection.endpoint:
        return frozenset({selection.endpoint})
    groups = shown.view.groups[shown.by] if selection.group else ()
    return frozenset(e.id for group in groups if group.id == selection.group for e in group.members)


def tally(shown: Shown) -> str:
    return grouped.tally(shown.view.service, shown.view.found)


def nothing(shown: Shown) -> str:
    """What the picture's box says: there is none, or nobody knows."""
    return next((cells(group.title) for group in shown.view.groups[shown.by] if not group.members), "no endpoints")


PANE = Pane("endpoints", "Endpoints", "Endpts", COLUMNS, nothing, rows, spot_of, linked, tally)
