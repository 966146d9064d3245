"""Laying out a path: columns known in advance, a lane per way in, one bus in, one bus out. No search, no crossings."""

from __future__ import annotations

from svcmap.model.facts import Endpoint
from svcmap.picture.drawing.edges import draw_edges
from svcmap.picture.drawing.plan import COLUMN_LABELS, COLUMNS, MODES, Box, Plan
from svcmap.picture.drawing.rows import TextRow, cell_rows, group_rows, group_title, port_rows
from svcmap.picture.drawing.texts import fit
from svcmap.picture.groups import Group
from svcmap.picture.lanes import PathView
from svcmap.picture.spots import SERVICE_BOX, CellSpot, EndpointSpot, GroupSpot, Spot

MAX_GROUPS = 40
MAX_EXPANDED = 12
LEAST_RULE, END_OF_STOP = 14, 9
"""Cells that a rule keeps in front of its reason, and those of the line with its cross and of the turn."""
MAX_FRAMED_GROUPS = 10
TOLERANCE = {"boxed": 4, "split": 12}


class Options:
    """How to lay out: size in cells, density, grouping, and what the selection opens or pins."""

    def __init__(
        self,
        width: int,
        height: int,
        mode: str = "auto",
        by: str = "workload",
        port: str | None = None,
        expanded: frozenset[str] = frozenset(),
        pin: str | None = None,
    ) -> None:
        self.width, self.height, self.mode, self.by = width, height, mode, by
        self.port, self.expanded, self.pin = port, expanded, pin


def lay_out(view: PathView, options: Options) -> Plan:
    """The plan in the asked density, or (auto) in the first that fits without squeezing addresses.

    Below the narrowest one's minimum the plan is wider than asked, and the canvas scrolls sideways.
    """
    if options.mode != "auto":
        plan = _Layout(view, options, options.mode, options.width).plan
        return plan if plan.need <= options.width else _Layout(view, options, options.mode, plan.need).plan
    for mode in MODES:
        plan = _Layout(view, options, mode, options.width).plan
        fits = plan.squeeze <= TOLERANCE.get(mode, 0) and plan.need <= options.width and plan.height <= options.height
        if fits and plan.says_why:
            return plan
    for mode in ("compact", "fold"):
        plan = _Layout(view, options, mode, options.width).plan
        if plan.need <= options.width and (mode == "fold" or (plan.squeeze <= 6 and plan.says_why)):
            return plan
    return _Layout(view, options, "fold", max(options.width, plan.need)).plan


class _Layout:
    """One try: contents, widths, boxes, then the lines between them."""

    def __init__(self, view: PathView, options: Options, mode: str, width: int) -> None:
        self.view, self.options = view, options
        self.groups = _capped(view.groups[options.by], options.pin)
        self.plan = Plan(view=view, mode=mode, by=options.by, width=width)
        self.cell_rows: dict[tuple[str, int], list[TextRow]] = {}
        self.preferred: dict[str, int] = {}
        self.minimum: dict[str, int] = {}
        self.port_rows, self.port_spots = port_rows(view)
        self._measure()
        self._widths()
        self._place_columns()
        self._place_lanes()
        self._place_service()
        self._place_groups()
        draw_edges(self.plan, self.groups)

    # -- how wide things want to be -----------------------------------------------------------------------------

    def _measure(self) -> None:
        plan, view = self.plan, self.view
        used = {cell.column for way in view.ways for cell in way.cells} | {"svc", "ep"}
        plan.columns = [column for column in COLUMNS if column in used]
        self.preferred = {column: len(COLUMN_LABELS[column]) for column in plan.columns}
        self.minimum = dict.fromkeys(plan.columns, 4)
        for way in view.ways:
            for index, cell in enumerate(way.cells):
                rows = cell_rows(cell, plan.framed_ways, self.options.port)
                self.cell_rows[way.id, index] = rows
                frame = 4 if plan.framed_ways else 0
                need, least = self._cell_width(cell.column, cell.kind, cell.text, dict(cell.ports), rows, cell.status)
                self.preferred[cell.column] = max(self.preferred[cell.column], need + frame)
                self.minimum[cell.column] = max(self.minimum[cell.column], least + frame)
        frame = 4 if plan.framed else 0
        title = len(view.box_title) + 2 if plan.framed else 0
        widest = max(title, *(len(row.variants[0]) for row in self.port_rows)) + frame
        self.preferred["svc"] = self.minimum["svc"] = widest
        self._measure_groups(frame)

    def _cell_width(
        self, column: str, kind: str, text: str, ports: dict[str, str], rows: list[TextRow], status: str
    ) -> tuple[int, int]:
        framed = self.plan.framed_ways
        need = max(len(row.variants[0]) for row in rows)
        least = max(len(row.variants[-1]) if row.style == "ports" or k == 0 else 0 for k, row in enumerate(rows))
        if ports and not framed:
            # Room for the longest token, so that choosing another port never moves anything.
            chosen = ports.get(self.options.port or "") or next(iter(ports.values()))
            longer = max(map(len, ports.values())) - len(chosen)
            need, least = max(need, len(rows[0].variants[0]) + longer), least + longer
        if framed and column != "from":
            need = max(need, len(kind) + 1 + (2 if status != "ok" else 0))
        if column == "proxy" or (column == "edge" and text[:1].isalpha()):
            least = min(least, 14)
        return need, least

    def _measure_groups(self, frame: int) -> None:
        largest = smallest = 0
        for group in self.groups:
            rows = group_rows(group, self.plan.framed, 30, self.options.by == "pod")
            body = max((len(row.variants[0]) for row in rows), default=0)
            small = max((len(row.variants[-1]) for row in rows[:1]), default=0)
            if self.plan.framed:
                title = group_title(group)
                body, small = max(body, len(title[0]) + 3), max(small, len(title[-1]) + 3)
                if self._opened(group):
                    body = max(body, 40)
            largest, smallest = max(largest, body), max(smallest, small)
        self.preferred["ep"] = max(self.preferred["ep"], min(largest, 60) + frame)
        self.minimum["ep"] = max(9, min(smallest, 34)) + frame

    def _opened(self, group: Group) -> bool:
        pin = self.options.pin
        return group.id in self.options.expanded or (pin is not None and any(e.id == pin for e in group.members))

    # -- how wide they get ----------------------------------------------------------------------------------------

    def _widths(self) -> None:
        plan, preferred, minimum = self.plan, self.preferred, self.minimum
        left = [column for column in plan.columns if column not in ("svc", "ep")]
        gaps = dict.fromkeys(plan.columns, 4) | {"ep": 5, "svc": 4 if plan.framed else 5}
        widths = dict(preferred)
        if plan.folded:
            available, sequence = plan.width - 5, left
            widths["ep"] = max(16, min(preferred["ep"], plan.width - self._folded_endpoints_x()))
            lanes = sum(minimum[c] for c in left) + 4 * (len(left) - 1) + 5
            plan.need = max(lanes, self._folded_endpoints_x() + minimum["ep"])
        else:
            available, sequence = plan.width, plan.columns
            plan.need = sum(minimum[c] for c in plan.columns) + sum(gaps[c] for c in plan.columns[1:])
        total = sum(widths[c] for c in sequence) + sum(gaps[c] for c in sequence[1:])
        plan.squeeze = max(0, total - available)
        while total > available:
            column = self._give(widths, sequence)
            if widths[column] <= minimum[column]:
                break
            widths[column] -= 1
            total -= 1
        if not plan.folded:
            plan.squeeze = sum(preferred[c] - widths[c] for c in plan.columns if c != "ep")
            plan.squeeze += max(0, min(preferred["ep"], 30) - widths["ep"])
        spare = (available - total) // max(1, len(sequence) - 1)
        if spare > 0 and not plan.folded:
            gaps |= {column: gaps[column] + min(spare, 10 if plan.framed else 6) for column in sequence[1:]}
        plan.widths, plan.gaps = widths, gaps

    def _folded_endpoints_x(self) -> int:
        """Where the endpoints of the second strip begin: right of the Service, and of its title on the turning line."""
        if self.plan.framed:
            return 8 + self.preferred["svc"] + 8
        return 8 + max(self.preferred["svc"] + 6, len(f" SERVICE {self.view.box_title} ") + 2)

    def _give(self, widths: dict[str, int], sequence: list[str]) -> str:
        """The column that gives up a cell: prose of the endpoints first, then whatever has most to spare."""
        if "ep" in sequence and widths["ep"] > max(self.minimum["ep"], 30):
            return "ep"
        return max(sequence, key=lambda column: widths[column] - self.minimum[column])

    def _place_columns(self) -> None:
        plan = self.plan
        x = 0
        for column in plan.columns:
            if plan.folded and column in ("svc", "ep"):
                continue
            x += plan.gaps[column] if plan.xs else 0
            plan.xs[column] = x
            x += plan.widths[column]
        if plan.folded:
            plan.xs["svc"] = 8
            plan.xs["ep"] = self._folded_endpoints_x()
            plan.widths["ep"] = max(16, min(self.preferred["ep"], plan.width - plan.xs["ep"]))

    # -- boxes ------------------------------------------------------------------------------------------------------

    def _place_lanes(self) -> None:
        plan, y = self.plan, 0
        for way in self.view.ways:
            tallest = 0
            for index, cell in enumerate(way.cells):
                rows = self.cell_rows[way.id, index]
                width = plan.widths[cell.column]
                if not plan.framed_ways:
                    width = min(width, len(fit(rows[0].variants, width)))
                    if plan.folded and way.stop and index == len(way.cells) - 1:
                        # The reason stands behind the cross: rather the middle of a rule is left out than that.
                        room = plan.width - len(way.stop) - END_OF_STOP - plan.xs[cell.column]
                        width = min(width, max(LEAST_RULE, room))
                title = () if cell.column == "from" else (cell.kind,)
                box = Box(
                    CellSpot(way.id, index),
                    cell.column,
                    plan.xs[cell.column],
                    y,
                    width,
                    len(rows) + (2 if plan.framed_ways else 0),
                    title,
                    rows,
                    cell.status,
                    plan.framed_ways,
                )
                plan.boxes[box.spot] = box
                tallest = max(tallest, box.height)
            plan.lane_y[way.id] = y + (1 if plan.framed_ways else 0)
            y += tallest
        plan.lanes_height = y

    def _place_service(self) -> None:
        plan = self.plan
        top = plan.lanes_height + 1 if plan.folded else 0
        bad = any(port.status == "bad" for port in self.view.ports)
        box = Box(
            SERVICE_BOX,
            "svc",
            plan.xs["svc"],
            top,
            plan.widths["svc"],
            len(self.port_rows) + (2 if plan.framed else 0),
            (self.view.box_title,),
            self.port_rows,
            "bad" if bad else "ok",
            plan.framed,
            self.port_spots,
        )
        plan.boxes[box.spot] = box
        plan.port_y = {spot.key: box.attach + index for index, spot in enumerate(self.port_spots)}

    def _place_groups(self) -> None:
        plan = self.plan
        y = plan.lanes_height + 1 if plan.folded else 0
        framed = plan.framed and len(self.groups) <= MAX_FRAMED_GROUPS and self.options.by != "pod"
        if plan.framed and not framed:
            y += 1
        for group in self.groups:
            box = self._group_box(group, y, framed)
            y = box.bottom
            plan.boxes[box.spot] = box
            plan.group_boxes.append(box)
            plan.group_rows.append(box.y)
        plan.height = max(plan.lanes_height, plan.service_box.bottom, y)

    def _group_box(self, group: Group, y: int, framed: bool) -> Box:
        plan, by_pod = self.plan, self.options.by == "pod"
        inner = plan.widths["ep"] - (4 if framed else 0)
        rows = list(group_rows(group, framed, inner, by_pod))
        spots: list[Spot] = [GroupSpot(group.id)] * len(rows)
        if not by_pod:
            shown = self._shown_endpoints(group)
            rows += [TextRow(("",), "endpoint", endpoint) for endpoint in shown]
            spots += [EndpointSpot(endpoint.id) for endpoint in shown]
            if group.id in self.options.expanded and len(group.members) > len(shown):
                rows.append(TextRow((f"  +{len(group.members) - len(shown)} more in Endpoints (5)",), "muted"))
                spots.append(GroupSpot(group.id))
        return Box(
            GroupSpot(group.id),
            "ep",
            plan.xs["ep"],
            y,
            plan.widths["ep"],
            len(rows) + (2 if framed else 0),
            group_title(group) if framed else (),
            rows,
            group.status,
            framed,
            spots,
        )

    def _shown_endpoints(self, group: Group) -> list[Endpoint]:
        shown: list[Endpoint] = []
        if group.id in self.options.expanded:
            shown = sorted(group.members, key=lambda e: e.ready)[:MAX_EXPANDED]
        if self.options.pin and not any(e.id == self.options.pin for e in shown):
            shown += [e for e in group.members if e.id == self.options.pin]
        return shown


def _capped(groups: tuple[Group, ...], pin: str | None) -> list[Group]:
    """Worst first and at most MAX_GROUPS, the rest as one: the cost of a picture stays flat."""
    if len(groups) <= MAX_GROUPS:
        return list(groups)
    order = {"bad": 0, "warn": 1}
    ranked = sorted(groups, key=lambda group: order.get(group.status, 2))
    kept, rest = ranked[:MAX_GROUPS], ranked[MAX_GROUPS:]
    if pin:
        kept += [group for group in rest if any(e.id == pin for e in group.members)]
    count = len(groups) - len(kept)
    fine = all(group.status == "ok" for group in rest)
    line = f"  +{count} more in Endpoints (5)"
    return [*kept, Group(id="+", title=f"+{count} more", status="ok" if fine else "warn", lines=(line,))]
