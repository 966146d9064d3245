"""The picture of a Service as one SVG file, for a browser or a slide: title, sentence, picture and legend."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import wrap

from svcmap.checks.standing import standing
from svcmap.console import one_line
from svcmap.model.refs import Name
from svcmap.model.state import ClusterState
from svcmap.picture.drawing.glyphs import ARROW, CROSS, MARK_STATUS, STATE_SYMBOLS, SYMBOLS
from svcmap.picture.drawing.layout import Options, lay_out
from svcmap.picture.drawing.painter import Run, header, paint
from svcmap.picture.drawing.plan import Plan
from svcmap.picture.drawing.strokes import BARS, CORNERS, Sheet, shapes, strokes, words
from svcmap.picture.lanes import PathView, path_view
from svcmap.picture.palettes import PALETTES

WIDTH, HEIGHT, MARGIN = 8.4, 18.0, 24.0
"""Of a character cell, and around everything; in pixels."""
COLUMNS = range(100, 220, 20)
"""How wide the picture may be, in characters: the first width at which no text is cut, else the last."""
FONT = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', 'Liberation Mono', monospace"
STATES = {
    "ready": "ready",
    "notready": "not ready",
    "terminating": "terminating",
    "pending": "pending",
    "external": "outside the cluster",
    "expected": "expected, not seen yet",
}
UNKNOWN = (("?", "text"), (" not known", "muted"))


def service(state: ClusterState, name: Name, theme: str = "") -> str:
    """One Service, in the colours of a theme; without one in those that the viewer prefers.

    KeyError: there is no such Service.
    """
    view = path_view(state, name)
    if view is None:
        raise KeyError(str(name))
    plan = plan_of(view)
    picture, title = _painted(plan), _title(view)
    columns = max(plan.width, _length(title))
    top = [title, *_sentence(state, view, columns)]
    return _document(view, [*top, [], *picture, [], *_legend(picture, columns)], columns, theme)


def plan_of(view: PathView) -> Plan:
    """The picture in boxes, as wide as its texts need, and no wider than the last of COLUMNS for them."""
    for columns in COLUMNS:
        plan = lay_out(view, Options(columns, 1_000, "boxed"))
        if not any("…" in text for line in _painted(plan) for text, _ in line):
            break
    return plan


def _painted(plan: Plan) -> list[list[Run]]:
    return [header(plan), *(paint(plan, y) for y in range(plan.height))]


# -- around the picture -------------------------------------------------------------------------------------------


def _title(view: PathView) -> list[Run]:
    namespace, name = one_line(view.name.namespace), one_line(view.name.name)
    return [(f"{namespace}/", "muted"), (name, "title"), (f"  {view.shown_as}", "muted")]


def _sentence(state: ClusterState, view: PathView, width: int) -> Iterator[list[Run]]:
    """The mark as a sentence; nothing where all is well."""
    found = standing(state, view.name)
    if found.mark == "ok":
        return
    status = MARK_STATUS[found.mark]
    for index, line in enumerate(wrap(one_line(found.says), max(20, width - 2), break_on_hyphens=False)):
        yield [(f"{SYMBOLS[status]} " if not index else "  ", status), (line, "text")]


def _legend(picture: Sheet, width: int) -> list[list[Run]]:
    """What the marks mean that are in the picture, in as many lines as they take."""
    texts = [text for line in picture for text, _ in line]
    styles = {style for line in picture for _, style in line}
    marks: list[tuple[bool, list[Run]]] = [
        ("edge" in styles, [(f"──{ARROW}", "edge"), (" through the cluster IP", "muted")]),
        ("dns" in styles, [(f"┄┄{ARROW}", "dns"), (" past the cluster IP, or an answer of DNS", "muted")]),
        (any(CROSS in text for text in texts), [(f"──{CROSS}", "bad"), (" traffic stops", "muted")]),
        ("off" in styles, [("┄┄┄", "off"), (" never reached", "muted")]),
        (any(text.lstrip().startswith("! ") for text in texts), [("!", "warn"), (" in part", "muted")]),
        (any("?" in text and "unk" in style for line in picture for text, style in line), [*UNKNOWN]),
    ]
    for state, word in STATES.items():
        symbol = STATE_SYMBOLS[state]
        marks.append((any(symbol in text for text in texts), [(symbol, "text"), (f" {word}", "muted")]))
    lines: list[list[Run]] = [[]]
    for item in (item for is_there, item in marks if is_there):
        if lines[-1] and _length(lines[-1]) + 3 + _length(item) > width:
            lines.append([])
        lines[-1] += [*([("   ", "")] if lines[-1] else []), *item]
    return lines


def _length(line: list[Run]) -> int:
    return sum(len(text) for text, _ in line)


# -- the file -----------------------------------------------------------------------------------------------------


def _document(view: PathView, sheet: Sheet, columns: int, theme: str) -> str:
    width, height = columns * WIDTH + 2 * MARGIN, len(sheet) * HEIGHT + 2 * MARGIN
    ways = "; ".join(f"{one_line(way.title)}: {one_line(way.why)}" for way in view.ways)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 {width:.0f} {height:.0f}" '
        f'width="{width:.0f}" height="{height:.0f}" font-family="{FONT}" font-size="14">',
        f"<title>{_escape(f'Ways to Service {one_line(str(view.name))}')}</title>",
        f"<desc>{_escape(ways)}</desc>",
        f"<style>{_style(theme)}</style>",
        '<rect class="bg" width="100%" height="100%"/>',
        f'<g transform="translate({MARGIN:g} {MARGIN:g})">',
        *_lines(sheet),
        *_shapes(sheet),
        *_texts(sheet),
        "</g>",
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _style(theme: str) -> str:
    """Plain rules, light outside of the query: not every program that opens a picture knows queries or variables."""
    rules = "text{white-space:pre}.b{font-weight:bold}path,line{fill:none;stroke-width:1.4}.d{stroke-dasharray:3.2 3.2}"
    if theme:
        return rules + _colours(theme)
    return f"{rules}{_colours('light')}@media (prefers-color-scheme:dark){{{_colours('dark')}}}"


def _colours(theme: str) -> str:
    return "".join(f".{name}{{fill:{colour}}}.l-{name}{{stroke:{colour}}}" for name, colour in PALETTES[theme].items())


def _lines(sheet: Sheet) -> Iterator[str]:
    for colour, dashed, horizontal, across, start, end in strokes(sheet):
        if horizontal:
            y, x = (across + 0.5) * HEIGHT, WIDTH / 2
            ends = f'x1="{start * x:g}" y1="{y:g}" x2="{end * x:g}" y2="{y:g}"'
        else:
            x, y = (across + 0.5) * WIDTH, HEIGHT / 2
            ends = f'x1="{x:g}" y1="{start * y:g}" x2="{x:g}" y2="{end * y:g}"'
        yield f'<line class="l-{colour}{" d" if dashed else ""}" {ends}/>'


def _shapes(sheet: Sheet) -> Iterator[str]:
    for glyph, colour, column, row in shapes(sheet):
        x, y = column * WIDTH, row * HEIGHT
        middle, centre = x + WIDTH / 2, y + HEIGHT / 2
        if glyph in CORNERS:
            right, down = CORNERS[glyph]
            start, end = centre + down * HEIGHT / 2, middle + right * WIDTH / 2
            yield f'<path class="l-{colour}" d="M{middle:g} {start:g}Q{middle:g} {centre:g} {end:g} {centre:g}"/>'
        elif glyph == ARROW:
            yield f'<path class="{colour}" d="M{x:g} {centre - 4.5:g}l{WIDTH:g} 4.5l-{WIDTH:g} 4.5z"/>'
        else:
            size = f'width="{WIDTH:g}" height="{HEIGHT - 8:g}" opacity="{BARS[glyph]:g}"'
            yield f'<rect class="{colour}" x="{x:g}" y="{y + 4:g}" {size}/>'


def _texts(sheet: Sheet) -> Iterator[str]:
    """Each with its width, so that it keeps to its columns whatever the font."""
    for text, colour, bold, x, y in words(sheet):
        place = f'x="{x * WIDTH:g}" y="{(y + 0.5) * HEIGHT + 4.8:g}" textLength="{len(text) * WIDTH:g}"'
        yield f'<text class="{colour}{" b" if bold else ""}" {place}>{_escape(text)}</text>'


def _escape(text: str) -> str:
    """As XML has it; characters that it cannot have are replaced."""
    text = "".join(char if char.isprintable() or char == " " else "\ufffd" for char in text)
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
