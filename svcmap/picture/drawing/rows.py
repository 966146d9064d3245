"""What stands in the boxes: rows of text in several lengths, longest first, for ways, ports and groups."""

from __future__ import annotations

from typing import NamedTuple

from svcmap.model.addresses import before_port
from svcmap.model.facts import Endpoint
from svcmap.picture.cells import Cell
from svcmap.picture.drawing.glyphs import STATE_STATUS, STATE_SYMBOLS, SYMBOLS
from svcmap.picture.drawing.texts import Variants, cells, end, middle
from svcmap.picture.groups import WORKING, Group, state_of
from svcmap.picture.lanes import ALL_PORTS, PathView, PortRow
from svcmap.picture.spots import PortSpot

MAX_DOTS = 24


class TextRow(NamedTuple):
    """One row of a box. `endpoint` is set where the row is one endpoint."""

    variants: Variants
    style: str
    endpoint: Endpoint | None = None


def cell_rows(cell: Cell, framed: bool, port: str | None) -> list[TextRow]:
    """The rows of one hop; with a port selected its token stands first."""
    tokens = dict(cell.ports)
    chosen = tokens.get(port or "") or next(iter(tokens.values()), "")
    if framed:
        return _framed_rows(cell, list(tokens.values()), chosen)
    mark = f"{SYMBOLS[cell.status]} " if cell.status != "ok" else ""
    name = f"{cells(cell.name)} " if cell.name else ""
    base = mark + name + (before_port(cells(cell.text)) if chosen.startswith(":") else cells(cell.text))
    style = cell.status if cell.status != "ok" else "text"
    if not chosen:
        return [TextRow((base,), style)]
    tight = chosen.startswith(":") and (" " not in cell.text or cell.column == "node")
    variants = [f"{base}{'' if tight else ' '}{chosen}"]
    if len(tokens) > 1:
        variants.insert(0, f"{variants[0]} +{len(tokens) - 1}")
    if cell.edge_bad and cell.note:
        variants.insert(0, f"{variants[-1]} {cell.note}")
    if cell.column == "node":
        variants.append(mark + chosen)
    return [TextRow(tuple(variants), style)]


def _framed_rows(cell: Cell, tokens: list[str], chosen: str) -> list[TextRow]:
    rows = [TextRow((cells(cell.text),), "text")]
    if any(tokens):
        more = f"{chosen} +{len(tokens) - 1}" if len(tokens) > 1 else chosen
        rows.append(TextRow((" ".join(tokens), more), "ports"))
    if cell.note:
        status = cell.status if cell.status != "ok" else "bad"
        rows.append(TextRow((f"{SYMBOLS[status]} {cell.note}",), status))
    return rows


def port_rows(view: PathView) -> tuple[list[TextRow], list[PortSpot]]:
    """The rows of the Service box and their spots."""
    if not view.ports:
        text = "CNAME (no ports)" if view.shown_as == "ExternalName" else "no ports"
        return [TextRow((text,), "text")], [PortSpot(ALL_PORTS)]
    numbers = [f":{port.number}" + _protocol(port) for port in view.ports]
    number_width = max(map(len, numbers))
    name_width = max(len(port.name) for port in view.ports)
    arrow = "=" if view.is_dns_only else "→"
    marked = any(port.status != "ok" for port in view.ports)
    rows = []
    for port, number in zip(view.ports, numbers, strict=True):
        mark = (f"{SYMBOLS[port.status]} " if port.status != "ok" else "  ") if marked else ""
        name = f" {cells(port.name):<{name_width}}" if name_width else ""
        text = f"{mark}{number:<{number_width}}{name} {arrow} {cells(port.target)}"
        rows.append(TextRow((text,), port.status if port.status != "ok" else "text"))
    return rows, [PortSpot(port.key) for port in view.ports]


def _protocol(port: PortRow) -> str:
    return "" if port.protocol == "TCP" else f"/{port.protocol.lower()}"


def group_title(group: Group) -> Variants:
    """`Deployment web`, or only `web` where that is too long."""
    title = cells(group.title)
    return (title, cells(group.short)) if group.short and not group.is_external else (title,)


def group_rows(group: Group, framed: bool, width: int, by_pod: bool) -> list[TextRow]:
    """The rows of one group of endpoints; `width` decides between dots and a bar."""
    if not group.members:
        return _empty_rows(group, framed)
    if group.is_external:
        return _external_rows(group, framed)
    if by_pod:
        return _pod_rows(group)
    head, style = _head(group, framed), group.status if group.status != "ok" else "dots"
    if group.is_expected:
        style = "unk"
    dots = _dots(group, min(width - len(head) - 2, MAX_DOTS) if framed else 8)
    reasons = [(f"{STATE_SYMBOLS[s]} {n} {cells(reason) or s}", STATE_STATUS[s]) for s, reason, n in group.exceptions]
    if framed:
        rows = [TextRow((f"{head}  {dots}", head), style)]
        return rows + [TextRow((text,), status) for text, status in reasons[:2]]
    name = group_title(group)[-1]
    why = reasons[0][0][2:] if reasons else ""
    variants = [f"{name} {head} {dots}  {text}" for text in dict.fromkeys((why, why.partition(" (")[0])) if text]
    variants += [f"{name} {head} {dots}", f"{name} {head}"]
    return [TextRow(tuple(variants), group.status if group.status != "ok" else "text")]


def _head(group: Group, framed: bool) -> str:
    if group.is_expected:
        count = "any number" if group.total is None else str(group.total)
        return f"{count} expected"
    total = "?" if group.total is None else group.total
    if group.status == "unk":
        return f"?/{total} ready" if framed else f"?/{total}"
    return f"{group.working}/{total} ready" if framed else f"{group.working}/{total}"


def _empty_rows(group: Group, framed: bool) -> list[TextRow]:
    style = "bad" if group.status == "bad" else "unk"
    rows = [TextRow((cells(line),), style) for line in group.lines]
    if framed:
        return rows or [TextRow(("none",), style)]
    first = cells(group.lines[0]) if group.lines else ""
    return [TextRow((f"{group.title}: {first}", group.title), style), *rows[1:]]


def _external_rows(group: Group, framed: bool) -> list[TextRow]:
    texts = [f"◆ {_address(e)}" for e in group.members[:3]]
    more = len(group.members) - len(texts)
    if framed:
        rows = [TextRow((text,), "text") for text in texts]
        return [*rows, TextRow((f"  +{more} more",), "muted")] if more > 0 else rows
    count = len(group.members) - 1
    return [TextRow((texts[0] + (f" +{count}" if count else ""),), "text")]


def _pod_rows(group: Group) -> list[TextRow]:
    endpoint = group.members[0]
    state = state_of(endpoint)
    short = f"{STATE_SYMBOLS[state]} {_address(endpoint)}"
    named = f"{short} {cells(endpoint.pod.name)}" if endpoint.pod and endpoint.address else short
    style = STATE_STATUS[state] if state not in WORKING else "text"
    return [TextRow((f"{named} {cells(endpoint.reason)}".strip(), named, short), style)]


def _address(endpoint: Endpoint) -> str:
    """`10.1.0.1:8080`; the id of an endpoint that has no address yet."""
    if not endpoint.address or not endpoint.ports:
        return cells(endpoint.address or endpoint.id)
    return f"{before_port(cells(endpoint.address))}:{endpoint.ports[0].port}"


def _dots(group: Group, room: int) -> str:
    """One symbol per endpoint, working ones first; a bar where there are too many."""
    count = len(group.members)
    if count <= max(4, room):
        states = sorted((state_of(e) for e in group.members), key=lambda s: s not in WORKING)
        return "".join(STATE_SYMBOLS[state] for state in states)
    width = max(6, min(room, 20))
    full = width if group.working == count else max(0, min(width - 1, round(group.working / count * width)))
    return "█" * full + "░" * (width - full)


def endpoint_text(endpoint: Endpoint, width: int) -> tuple[str, str]:
    """The line of one endpoint inside an expanded group, and its style."""
    state = state_of(endpoint)
    text = f"{STATE_SYMBOLS[state]} {_address(endpoint)}"
    extra = cells(endpoint.reason or endpoint.node)
    if extra and width - len(text) > 4:
        text += "  " + middle(extra, width - len(text) - 2)
    return end(text, width), STATE_STATUS[state] if state not in WORKING else "muted"
