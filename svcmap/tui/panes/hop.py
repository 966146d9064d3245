"""The lines under the picture: what is wrong, where, and what to do; or the hop under the cursor."""

from __future__ import annotations

from textwrap import wrap

from textual.content import Content

from svcmap.checks.finding import Finding
from svcmap.checks.standing import Standing
from svcmap.picture.details import Description
from svcmap.picture.drawing.glyphs import ASCII, MARK_STATUS, SYMBOLS
from svcmap.picture.drawing.texts import cells, end

LABELS = 36
"""The width of the names of API fields."""


def place_of(finding: Finding) -> str:
    """`shop-web.yaml:12  Service shop/web  spec.selector`: file and line where it came from one, object and field."""
    ref = finding.object
    name = f"{ref.namespace}/{ref.name}" if ref.namespace else ref.name
    return "  ".join(part for part in (str(finding.location or ""), f"{ref.kind} {name}", finding.field) if part)


class HopLines:
    """Makes the lines for a width and a height: in few rows the sentence is cut, never the next step left out."""

    def __init__(self, width: int, height: int, *, ascii_only: bool) -> None:
        self.width, self.height, self.ascii_only = max(20, width), max(1, height), ascii_only

    def plain(self, text: str) -> str:
        return cells(text)

    def _made(self, lines: list[Content]) -> Content:
        whole = Content("\n").join(lines)
        return Content(whole.plain.translate(ASCII), list(whole.spans)) if self.ascii_only else whole

    def of_standing(self, standing: Standing, hint: str) -> Content:
        """The mark as a sentence; of what is wrong also where and the next step."""
        status = MARK_STATUS[standing.mark]
        symbol = self.plain(SYMBOLS[status])
        if standing.mark == "ok":
            markup = f"[$map-ok]{symbol}[/] [$map-muted]$what.  2 l: step along the path[/]"
            return self._made([Content.from_markup(markup, what=self.plain(standing.says))])
        worst = standing.worst if standing.mark != "unknown" else None
        extra = [("next", worst.next), ("at", place_of(worst))] if worst else []
        extra = [(label, text) for label, text in extra if text][: max(0, self.height - 1)]
        hint = hint if standing.mark in ("error", "warning") else ""
        says = self._in_rows(self.plain(standing.says), hint, self.height - len(extra))
        head = Content.from_markup(
            f"[b $map-{status}]{symbol}[/] [b]$what[/]  [$map-muted]$hint[/]", what=says, hint=hint
        )
        return self._made([head, *(self._labelled(label, text, 6) for label, text in extra)])

    def of_hop(self, found: Description, step: str, *, link: bool) -> Content:
        """A hop: its name and address, the sentence of its trace, the next step, and the fields behind it."""
        facts = found.facts
        is_fine = found.status == "ok"
        mark = "[b $map-lit]$symbol[/] " if is_fine else f"[b $map-{found.status}]$symbol[/] "
        opens = "  [$map-lit]enter: open it[/]" if link else ""
        address = "  [b $map-lit]$address[/]" if found.address else ""
        title, behind = self.plain(found.title), self.plain(found.address + found.more)
        beside = len(f"› {title}  {behind}  ") + (len("  enter: open it") if link else 0)
        kept = int(bool(step)) if self.height > 1 else 0
        says = self._cut(self.plain(found.says), self.height - kept, beside)
        symbol = self.plain("›" if is_fine else SYMBOLS[found.status])
        head = Content.from_markup(
            f"{mark}[b]$title[/]{address}  [$map-muted]$says[/]{opens}",
            symbol=symbol,
            title=title,
            address=behind,
            says=says,
        )
        lines = [head]
        free = self.height - (len(wrap(head.plain, self.width)) or 1)
        if step and free > 0:
            lines.append(self._labelled("next", step, 6))
            free -= 1
        return self._made(
            [*lines, *(self._labelled(label, value, LABELS) for label, value in list(facts)[: max(0, free)])]
        )

    def _cut(self, text: str, rows: int, beside: int) -> str:
        """A text cut so that it takes so many rows with what stands beside it; whole where it does."""
        if len(wrap("x" * max(1, beside - 1) + " " + text, self.width)) <= rows:
            return text
        return end(text, max(20, rows * (self.width - 8) - beside))

    def _in_rows(self, text: str, hint: str, rows: int) -> str:
        """A text cut so that it takes so many rows, with its symbol and the hint behind it."""
        room = rows * (self.width - 8) - len(hint)
        return (
            text
            if rows > 1 and len(text) <= room
            else end(text, max(20, room if rows > 1 else self.width - 4 - len(hint)))
        )

    def _labelled(self, label: str, text: str, width: int) -> Content:
        """One row; a command is never broken over two."""
        shown = end(self.plain(text), self.width - width - 3)
        return Content.from_markup("  [$map-muted]$label[/] $text", label=f"{self.plain(label):<{width}}", text=shown)
