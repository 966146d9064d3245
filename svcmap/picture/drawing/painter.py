"""One line of a plan as runs of (text, style): drawn when it is asked for, so cost does not depend on the height."""

from __future__ import annotations

from svcmap.picture.drawing.glyphs import (
    ASCII,
    DOWN,
    HEAVY,
    LEFT,
    LIGHT,
    RIGHT,
    SYMBOLS,
    UP,
    ascii_glyph,
    line_glyph,
)
from svcmap.picture.drawing.plan import COLUMN_LABELS, Box, Lit, Mark, Plan
from svcmap.picture.drawing.rows import endpoint_text
from svcmap.picture.drawing.texts import end, fit
from svcmap.picture.spots import CellSpot, EndpointSpot, PortSpot, Spot

PRIORITY = {"": 0, "dim": 1, "edge": 2, "dns": 2, "off": 2, "warn": 3, "bad": 4, "lit": 5, "litbad": 6}
DASHED = ("dns", "off")
LOUD = ("bad", "warn", "unk")
Run = tuple[str, str]


def header(plan: Plan) -> list[Run]:
    """The sticky line of column names."""
    line = [" "] * plan.width
    for column in plan.columns:
        if plan.folded and column in ("svc", "ep"):
            continue
        label = COLUMN_LABELS[column]
        if column == "svc" and not plan.framed:
            title = plan.view.box_title
            label = title if len(title) + 9 > plan.widths[column] else f"{label} {title}"
        if column == "ep" and plan.by != "workload":
            label += f" by {plan.by}"
        for index, char in enumerate(label[: plan.widths[column] + 3]):
            if plan.xs[column] + index < plan.width:
                line[plan.xs[column] + index] = char
    return [("".join(line), "header")]


def paint(
    plan: Plan, y: int, lit: Lit | None = None, cursor: Spot | None = None, ascii_only: bool = False
) -> list[Run]:
    """Row `y` of the picture. Every run's text is one cell per character; all runs together are `plan.width` wide."""
    return _Line(plan, y, lit, cursor, ascii_only).runs()


class _Line:
    """One row of cells: line masks, then frames, then texts over them."""

    def __init__(self, plan: Plan, y: int, lit: Lit | None, cursor: Spot | None, ascii_only: bool) -> None:
        self.plan, self.y, self.lit, self.cursor, self.ascii_only = plan, y, lit, cursor, ascii_only
        width = plan.width
        self.masks, self.styles = [0] * width, [""] * width
        self.dashes, self.chars = bytearray(width), [""] * width
        self.texts: list[tuple[int, str, str]] = []

    def runs(self) -> list[Run]:
        self._lines()
        boxes = list(self.plan.boxes_at(self.y))
        for box in boxes:
            self._box(box)
        self._glyphs()
        self._marks()
        for x, text, style in self.texts:
            self._put(x, text, style)
        return self._encode()

    # -- lines ------------------------------------------------------------------------------------------------------

    def _lines(self) -> None:
        plan, lit = self.plan, self.lit
        for line in plan.lines.get(self.y, ()):
            dashed = line.style in DASHED
            if plan.edge_lit(line.edge, lit):
                self._horizontal(line.x0, line.x1, "litbad" if line.style == "bad" else "lit", HEAVY, dashed, line.full)
            else:
                style = line.style if lit is None or line.style == "bad" else "dim"
                self._horizontal(line.x0, line.x1, style, LIGHT, dashed, line.full)
        for x, y0, y1, style in plan.trunks(lit):
            if y0 <= self.y <= y1 and y0 != y1:
                self._vertical(x, self.y > y0, self.y < y1, style)

    def _horizontal(self, x0: int, x1: int, style: str, weight: int, dashed: bool, full: bool) -> None:
        masks, rank = self.masks, PRIORITY[style]
        for x in range(max(0, x0), min(len(masks) - 1, x1) + 1):
            mask = masks[x]
            if (x > x0 or full) and (mask >> LEFT & 3) < weight:
                mask = mask & ~(3 << LEFT) | weight << LEFT
            if x < x1 and (mask >> RIGHT & 3) < weight:
                mask = mask & ~(3 << RIGHT) | weight << RIGHT
            masks[x] = mask
            if rank >= PRIORITY.get(self.styles[x], 0):
                self.styles[x] = style
                self.dashes[x] = dashed

    def _vertical(self, x: int, up: bool, down: bool, style: str) -> None:
        if not 0 <= x < len(self.masks):
            return
        weight, mask = HEAVY if style == "lit" else LIGHT, self.masks[x]
        if up and (mask >> UP & 3) < weight:
            mask = mask & ~(3 << UP) | weight << UP
        if down and (mask >> DOWN & 3) < weight:
            mask = mask & ~(3 << DOWN) | weight << DOWN
        self.masks[x] = mask
        if style != "lit" and self.styles[x] == "bad":
            self.styles[x] = style
        elif PRIORITY[style] >= PRIORITY.get(self.styles[x], 0):
            self.styles[x] = style
            self.dashes[x] = style == "dns"

    # -- boxes ------------------------------------------------------------------------------------------------------

    def _box(self, box: Box) -> None:
        lit = self.lit is not None and self.plan.box_lit(box, self.lit)
        here = self.cursor is not None and (self.cursor == box.spot or self.cursor in (box.row_spots or ()))
        if not box.framed:
            self._row(box, box.x, box.width, lit)
            return
        base = box.status if box.status in LOUD else "frame"
        if lit:
            style = base if base in ("bad", "warn") else "lit"
        else:
            style = "dim" if self.lit is not None and not here and base != "bad" else base
        weight = HEAVY if lit or here else LIGHT
        if self.y in (box.y, box.bottom - 1):
            self._frame_row(box, style, weight)
            if self.y == box.y and box.title:
                self._title(box, style, here)
            return
        self._frame_sides(box, style, weight)
        self.texts.append((box.x + 1, " " * (box.width - 2), "text"))
        self._row(box, box.x + 2, box.width - 4, lit)

    def _title(self, box: Box, style: str, here: bool) -> None:
        mark = f"{SYMBOLS[box.status]} " if box.status in LOUD else ""
        text = mark + fit(box.title, box.width - 4 - len(mark))
        on_box = here and (self.cursor == box.spot or not box.row_spots)
        self.texts.append((box.x + 1, f" {text} ", f"title.{style}" + (".cursor" if on_box else "")))

    def _frame_row(self, box: Box, style: str, weight: int) -> None:
        vertical = weight << (DOWN if self.y == box.y else UP)
        for x in range(box.x, min(box.right, len(self.masks) - 1) + 1):
            mask = (weight << LEFT if x > box.x else 0) | (weight << RIGHT if x < box.right else 0)
            self.masks[x] = mask | (vertical if x in (box.x, box.right) else 0)
            self.styles[x], self.dashes[x] = f"frame.{style}", False

    def _frame_sides(self, box: Box, style: str, weight: int) -> None:
        """Nothing points inside, and the arrow head touches the left side without a tee."""
        for x in (box.x, box.right):
            if x >= len(self.masks):
                continue
            mask = self.masks[x] & ~(3 << UP) & ~(3 << DOWN) | weight << UP | weight << DOWN
            if x == box.x:
                mask &= ~(3 << RIGHT) & ~(3 << LEFT)
            else:
                mask &= ~(3 << LEFT)
            self.masks[x] = mask
            self.styles[x], self.dashes[x] = f"frame.{style}", False

    # -- texts ------------------------------------------------------------------------------------------------------

    def _row(self, box: Box, x: int, width: int, box_lit: bool) -> None:
        index = self.y - box.attach
        if not 0 <= index < len(box.rows):
            return
        row = box.rows[index]
        spot = box.row_spots[index] if box.row_spots else box.spot
        if row.endpoint is not None:
            text, style = endpoint_text(row.endpoint, width)
        else:
            text, style = fit(row.variants, width), row.style
        if style == "ports" and self.lit is not None and self.lit.ports and box_lit:
            self._tokens(box, x, text)
            return
        style += self._suffix(spot, box_lit)
        has_row = box.column == "svc" or isinstance(spot, EndpointSpot)
        if self.cursor == spot and (has_row or not box.framed):
            style += ".cursor"
            text = text.ljust(width) if box.framed or box.column == "ep" else text
        self.texts.append((x, text, style))

    def _suffix(self, spot: Spot, box_lit: bool) -> str:
        if self.lit is None:
            return ""
        if isinstance(spot, PortSpot):
            return ".lit" if spot.key in self.lit.ports and self.lit.upto is None else ".dim"
        return ".lit" if box_lit else ".dim"

    def _tokens(self, box: Box, x: int, text: str) -> None:
        """In a lit box only the selected ports' tokens are lit."""
        way = self.plan.view.way(box.spot.way) if isinstance(box.spot, CellSpot) else None
        ports = way.cells[box.spot.index].ports if way and isinstance(box.spot, CellSpot) else ()
        if self.lit is None or text != " ".join(token for _, token in ports):
            self.texts.append((x, text, "ports.lit"))
            return
        for key, token in ports:
            self.texts.append((x, token, "ports.lit" if key in self.lit.ports else "ports.dim"))
            x += len(token) + 1

    def _glyphs(self) -> None:
        glyph = ascii_glyph if self.ascii_only else line_glyph
        for x, mask in enumerate(self.masks):
            if mask:
                self.chars[x] = glyph(mask, bool(self.dashes[x]))

    def _marks(self) -> None:
        for mark in self.plan.labels.get(self.y, ()):
            self._put(mark.x, mark.text, self._label_style(mark))
        for mark in self.plan.heads.get(self.y, ()):
            lit = self.plan.edge_lit(mark.edge, self.lit)
            if lit:
                style = "litbad" if mark.style == "bad" else "lit"
            else:
                style = mark.style if self.lit is None or mark.style == "bad" else "dim"
            self._put(mark.x, mark.text, style)

    def _label_style(self, mark: Mark) -> str:
        if mark.edge.kind == "stop":
            return "bad"
        if self.plan.edge_lit(mark.edge, self.lit):
            return "label.lit"
        return "label.dim" if self.lit is not None else "label"

    def _put(self, x: int, text: str, style: str) -> None:
        for index, char in enumerate(text):
            if 0 <= x + index < len(self.chars):
                self.chars[x + index] = char
                self.styles[x + index] = style

    def _encode(self) -> list[Run]:
        found: list[Run] = []
        buffer: list[str] = []
        current = ""
        for x, char in enumerate(self.chars):
            style = self.styles[x] if char else ""
            if style != current and buffer:
                found.append(("".join(buffer), current))
                buffer = []
            current = style
            buffer.append(char or " ")
        if buffer:
            found.append(("".join(buffer), current))
        if self.ascii_only:
            return [(end(text.translate(ASCII), len(text)), style) for text, style in found]
        return found
