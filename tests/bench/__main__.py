"""Run every benchmark and print its ratio beside its budget."""

from __future__ import annotations

import gc
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import yaml

from svcmap import exact_yaml
from svcmap.cli import parse
from svcmap.commands import list_services
from svcmap.model.refs import Name
from svcmap.paths.entries import traced_entries
from svcmap.paths.views.graph import service_graph
from svcmap.picture.drawing.layout import Options, lay_out
from svcmap.picture.drawing.painter import paint
from svcmap.picture.lanes import path_view
from svcmap.tui.panes.filtering import matching
from svcmap.tui.panes.service_rows import service_row
from tests.bench.growing import controllers, dumps, growing, hosts
from tests.bench.loading import decoding, from_a_server
from tests.bench.material import cluster, folder, many_endpoints
from tests.bench.result import Result, milliseconds
from tests.bench.selecting import crowd, matching_all, one_pass
from tests.bench.timing import Terminal, compare, process, seconds
from tests.bench.tracing import GOAL, generated, traces_per_second
from tests.bench.watching import in_a_storm, memory
from tests.conftest import FIXTURES, read

BUSY, STORMY = 1.4, 2.5
"""How far over its budget a result may be on a busy machine; one of a whole UI beside a server that storms it, on two
cores, says less about svcmap than about the machine.
"""
SVCMAP = str(Path(sys.executable).parent / "svcmap")
FRAME = 1 / 60
EMPTY_APP = (
    "from textual.app import App\nfrom textual.widgets import Static\n"
    "class Empty(App):\n    def compose(self):\n        yield Static('READY')\n"
    "    BINDINGS = [('ctrl+c', 'quit', 'quit')]\nEmpty().run()"
)
TABLE_APP = (
    "from textual.app import App\nfrom svcmap.tui.widgets.line_table import LineTable\nfrom svcmap.tui.widgets.table_rows import Cell, Column, Row\n"
    "from svcmap.tui.theme import DEFAULTS\n"
    "class Table(App):\n    BINDINGS = [('ctrl+c', 'quit', 'quit')]\n"
    "    def get_theme_variable_defaults(self):\n        return DEFAULTS\n"
    "    def compose(self):\n        yield LineTable([Column('NAME', flex=1)])\n"
    "    def on_mount(self):\n        t = self.query_one(LineTable)\n"
    "        t.set_rows([Row(str(i), (Cell(f'row {i}'),)) for i in range(15)])\n        t.focus()\nTable().run()"
)


def starting() -> Iterator[Result]:
    bare = process([sys.executable, "-I", "-c", "import argparse"])
    ratio, one, other = compare(process([SVCMAP, "--version"]), bare)
    yield Result("--version / Python importing argparse", ratio, 1.6, milliseconds(one, other))
    file = str(FIXTURES / "demo" / "edge.yaml")
    floor = process([sys.executable, "-I", "-c", "import argparse, yaml, msgspec"])
    ratio, one, other = compare(process([SVCMAP, "list", file]), floor)
    yield Result("list of one file / importing argparse, yaml, msgspec", ratio, 3.0, milliseconds(one, other))


def reading(root: Path) -> Iterator[Result]:
    texts = [path.read_text() for path in root.glob("*.yaml")]

    def exact() -> None:
        gc.disable()
        for text in texts:
            for chunk in exact_yaml.split_documents(text):
                exact_yaml.load(chunk.text, chunk.line)
        gc.enable()

    def csafe() -> None:
        for text in texts:
            list(yaml.load_all(text, yaml.CSafeLoader))

    def events() -> None:
        for text in texts:
            for _ in yaml.parse(text, yaml.CSafeLoader):
                pass

    ratio, one, other = compare(seconds(exact), seconds(csafe))
    yield Result("exact YAML / CSafeLoader", ratio, 0.45, milliseconds(one, other))
    ratio, one, other = compare(seconds(exact), seconds(events))
    yield Result("exact YAML / bare event loop", ratio, None, milliseconds(one, other))

    words = ["list", str(root)]
    options = parse(words)

    def listing() -> None:
        stdout, stderr = sys.stdout, sys.stderr
        with Path("/dev/null").open("w") as nowhere:
            sys.stdout = sys.stderr = nowhere
            try:
                list_services.run(options)
            finally:
                sys.stdout, sys.stderr = stdout, stderr

    ratio, one, other = compare(seconds(listing), seconds(exact))
    yield Result("list of 400 Services / exact YAML alone", ratio, 4.0, milliseconds(one, other))


def graphs() -> Iterator[Result]:
    state, name = many_endpoints(5_000), Name("default", "web")
    traced = traced_entries(state, name)

    def dicts() -> dict[str, dict[str, dict[str, object]]]:
        """The same edges in plain dicts."""
        edges: dict[str, dict[str, dict[str, object]]] = {}
        for item in traced:
            for key, trace in item.traces:
                out = edges.setdefault(key, {})
                for endpoint in trace.endpoints:
                    out[endpoint.id] = {"verdict": "ok", "basis": endpoint.basis}
        return edges

    gc.collect()
    gc.freeze()
    ratio, one, other = compare(seconds(lambda: service_graph(state, name)), seconds(dicts))
    yield Result("graph of 5,000 endpoints / plain dicts", ratio, 20.0, milliseconds(one, other))
    few, many = (lay_out(view, Options(118, 18)) for n in (30, 5_000) if (view := path_view(many_endpoints(n), name)))

    def painting(plan: object) -> None:
        for y in range(18):
            paint(plan, y)  # type: ignore[arg-type]

    ratio, one, other = compare(seconds(lambda: painting(many)), seconds(lambda: painting(few)), rounds=51)
    yield Result("paint at 5,000 endpoints / at 30", ratio, 1.5, milliseconds(one, other))


def first_picture(command: list[str], text: bytes) -> float:
    terminal = Terminal(command)
    taken = terminal.until(text)
    terminal.close()
    return taken


def screens() -> Iterator[Result]:
    svcmap = [SVCMAP, "--demo"]
    ratio, one, other = compare(
        lambda: first_picture(svcmap, b"SERVICE"),
        lambda: first_picture([sys.executable, "-c", EMPTY_APP], b"READY"),
    )
    yield Result("first picture of the demo / empty Textual app", ratio, 2.5, milliseconds(one, other))
    ours, theirs = Terminal(svcmap), Terminal([sys.executable, "-c", TABLE_APP])
    ours.until(b"SERVICE")
    theirs.until(b"row 1")
    ours.quiet(0.7)
    theirs.quiet(0.7)
    keys = iter([b"k", b"j"] * 200)
    ratio, one, other = compare(lambda: ours.key(next(keys)), lambda: theirs.key(next(keys)), rounds=31)
    ours.close()
    theirs.close()
    yield Result("a cursor key / the same in a one-table app", ratio, 3.0, milliseconds(one, other))


def filtering() -> Iterator[Result]:
    names = "\n---\n".join(
        f"apiVersion: v1\nkind: Service\nmetadata: {{name: svc-{i}, namespace: ns-{i % 50}}}\nspec: {{ports: [{{port: 80}}]}}"
        for i in range(10_000)
    )
    from tests.conftest import state_of

    state = state_of(names)
    rows = [service_row(state, name) for name in sorted(state.services)]
    texts = [row.text for row in rows]

    def ours() -> float:
        return seconds(lambda: [row.row for row in matching(rows, "77")])() + 2 * FRAME

    def floor() -> float:
        return seconds(lambda: [i for i, text in enumerate(texts) if "77" in text])() + 2 * FRAME

    ratio, one, other = compare(ours, floor)
    yield Result("filter of 10,000 rows / list comprehension + 2 frames", ratio, 1.5, milliseconds(one, other))


def selectors() -> Iterator[Result]:
    everyone = crowd()
    gc.collect()
    gc.freeze()
    ratio, one, other = compare(seconds(matching_all(everyone)), seconds(one_pass(everyone)))
    gc.unfreeze()
    yield Result("selectors and policies of 152,000 pods / indexing them once", ratio, 1.3, milliseconds(one, other))


def traces(place: Path) -> Iterator[Result]:
    states = {"the demo": read(FIXTURES / "demo"), "1,000 Services": generated(place)}
    for what, state in states.items():
        if state is None:
            print(f"a trace on {what}: skipped, its generator is not beside this checkout")
            continue
        rate = traces_per_second(state)
        yield Result(f"a trace on {what} / {GOAL:,} a second", GOAL / rate, None, f"{rate:,.0f} traces a second")


def live(place: Path) -> Iterator[Result]:
    """Ten thousand Services on 300 nodes; with `--large` also 5,000 nodes' worth of slices, which is only reported."""
    made = cluster(place / "live", nodes=300, pods=30_000)
    if made is None:
        print("live clusters: skipped, their generator is not beside this checkout")
        return
    for group in (dumps(made), decoding(made), from_a_server(made), in_a_storm(made), memory(made)):
        yield from group
    if "--large" in sys.argv and (large := cluster(place / "large", nodes=5_000, pods=150_000)):
        for group in (decoding(large), in_a_storm(large), memory(large)):
            yield from (result._replace(what=f"5,000 nodes: {result.what}", budget=None) for result in group)


def main() -> int:
    """Print every result; 1 if one is over its budget by more than a busy machine explains."""
    failed = 0
    with tempfile.TemporaryDirectory() as place:
        root = folder(Path(place) / "400", 400)
        generating = Path(place) / "cluster"
        offline = (
            starting(),
            reading(root),
            graphs(),
            traces(generating),
            selectors(),
            growing(),
            controllers(),
            hosts(),
            filtering(),
            screens(),
        )
        for group, allowance in (*((group, BUSY) for group in offline), (live(Path(place)), STORMY)):
            for result in group:
                failed += result.budget is not None and result.ratio > result.budget * allowance
                budget = f"budget {result.budget}" if result.budget else "a goal, no budget"
                over = result.budget is not None and result.ratio > result.budget
                print(
                    f"{'OVER ' if over else ''}{result.what}: {result.ratio:.2f} ({budget}); {result.detail}",
                    flush=True,
                )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
