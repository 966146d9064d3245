"""The house: sizes of modules and functions, and what a command loads."""

from __future__ import annotations

import ast
import re
import statistics
import subprocess
import sys
from pathlib import Path

import pytest

from svcmap.paths.routes.kinds import ROUTE_KINDS
from tests.conftest import FIXTURES, ROOT

MODULES = sorted((ROOT / "svcmap").rglob("*.py"))
MAX_LINES, MAX_FUNCTION, MAX_METHODS, MEDIAN_FUNCTION, MEDIAN_MODULE = 500, 80, 40, 10, 110


def functions(path: Path) -> list[tuple[str, int]]:
    tree = ast.parse(path.read_text())
    return [
        (f"{path.name}:{node.name}", (node.end_lineno or 0) - node.lineno + 1)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_is_small_and_says_what_it_owns(path: Path) -> None:
    text = path.read_text()
    assert text.count("\n") <= MAX_LINES
    assert ast.get_docstring(ast.parse(text)), "the first line says what the module owns"
    assert [item for item in functions(path) if item[1] > MAX_FUNCTION] == []


def test_sizes_stay_near_the_house_rule() -> None:
    lengths = [length for path in MODULES for _, length in functions(path)]
    assert statistics.median(lengths) <= MEDIAN_FUNCTION
    lines = [path.read_text().count("\n") for path in MODULES if path.name != "__init__.py"]
    assert statistics.median(lines) <= MEDIAN_MODULE


def test_no_class_does_everything() -> None:
    classes = [
        (path, node)
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ClassDef)
    ]
    methods = {
        f"{path.name}:{node.name}": sum(isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef) for item in node.body)
        for path, node in classes
    }
    assert {name: count for name, count in methods.items() if count > MAX_METHODS} == {}


def loaded_by(*arguments: str) -> set[str]:
    program = (
        "import sys\nfrom svcmap.cli import main\n"
        f"try:\n    main({list(arguments)!r})\nexcept SystemExit:\n    pass\n"
        "print('\\n'.join(sorted(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=True)
    return set(done.stderr.split())


def test_headless_commands_load_neither_textual_nor_networkx() -> None:
    folder = str(FIXTURES / "demo")
    for arguments in (("list", folder), ("show", "shop/web", "-f", folder)):
        assert not loaded_by(*arguments) & {"textual", "rich", "networkx", "kubernetes"}


def test_a_picture_is_exported_without_textual() -> None:
    done = loaded_by("show", "shop/web", "-f", str(FIXTURES / "demo"), "-o", "svg")
    assert "svcmap.picture.drawing.strokes" in done
    assert not done & {"textual", "networkx", "kubernetes"}


def test_the_first_picture_waits_for_no_questions() -> None:
    """Expectations, block letters and completions are not needed for it."""
    program = "import sys, svcmap.tui.app; print(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=True)
    loaded = set(done.stdout.split())
    assert "svcmap.tui.screens.main" in loaded
    assert not loaded & {"svcmap.expectations", "pyfiglet", "shtab", "networkx", "kubernetes"}


def test_version_loads_next_to_nothing() -> None:
    assert not {name for name in loaded_by("--version") if name.startswith("svcmap.")} - {
        "svcmap.cli",
        "svcmap.parsers",
    }
    assert not loaded_by("--version") & {"msgspec", "yaml"}


def strings(path: Path) -> list[tuple[int, str]]:
    """The string constants of a module that are no docstrings, with their lines."""
    tree = ast.parse(path.read_text())
    docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    return [
        (node.lineno, node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs
    ]


def test_kinds_of_routes_are_named_where_their_rules_are() -> None:
    """Whoever else wants one asks the RouteKind: a kind that is added needs no other place."""
    words = {word for kind in ROUTE_KINDS for word in (kind.word, *(item.kind for item in kind.object_kinds))}
    rooms = [ROOT / "svcmap" / room for room in ("paths", "picture", "tui", "reports", "commands")]
    found = [
        f"{path.relative_to(ROOT)}:{line}: {text}"
        for room in rooms
        for path in sorted(room.rglob("*.py"))
        if "routes" not in path.parts
        for line, text in strings(path)
        if text.partition(":")[0] in words
    ]
    assert "ingress" in words
    assert found == []


def test_kinds_of_policies_are_named_where_they_are_judged() -> None:
    """Whoever else wants them asks the engines."""
    paths = ROOT / "svcmap" / "paths"
    naming = re.compile(r"network_policies|\b[A-Z_]*NETWORK_POLIC[A-Z]*\b|network_policy\b")
    asking = {path.relative_to(paths).parts[0] for path in paths.rglob("*.py") if naming.search(path.read_text())}
    assert asking == {"policies"}


TABLES = {"model/group_kinds.py", "model/kinds.py"}
"""Where a kind of object has its row."""
CONTROLLER_NAMES = "semantics/ingress/known/named.py"
"""Has the name of OpenShift's controller of Ingresses, among those of which nothing but the name is known."""


@pytest.mark.parametrize(("addition", "at_most"), [("openshift", 6), ("cluster_network_polic", 4)])
def test_an_addition_stands_in_few_files_beside_its_rows(addition: str, at_most: int) -> None:
    """Whatever knows of it, by its name: `pytest -k addition -rP` lists them, the line of a route kind among them."""
    house = ROOT / "svcmap"
    # The namespace of a name server says nothing of the kind.
    texts = {
        path: path.read_text().lower().replace("openshift-dns", "").replace("dns.operator.openshift.io", "")
        for path in MODULES
    }
    knowing = {str(path.relative_to(house)) for path, text in texts.items() if addition in text} - {CONTROLLER_NAMES}
    print("\n".join(sorted(knowing)))
    assert len(knowing - TABLES) <= at_most
    assert knowing & TABLES == TABLES
