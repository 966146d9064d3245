"""The graph of a Service as Mermaid and as Graphviz dot."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from svcmap.console import one_line

MAX_ENDPOINTS = 24
STYLES = {"stop": "stroke:#b3261e,stroke-width:2px", "unknown": "stroke-dasharray:4 3"}
SHAPES = {"client": ("([", "])"), "endpoint": ("[/", "/]"), "service": ("[[", "]]")}


def mermaid(graph: Any, title: str = "") -> str:
    """A `flowchart LR` below a title; a step that traffic does not get past is dotted and marked ✗ with the reason."""
    names, rest = _names(graph)
    lines = [*(("---", f'title: "{_mermaid_text(one_line(title))}"', "---") if title else ()), "flowchart LR"]
    for key, short in names.items():
        before, after = SHAPES.get(graph.nodes[key]["kind"], ("[", "]"))
        lines.append(f'  {short}{before}"{_mermaid_text(_label(graph, key))}"{after}')
    for one, other, data in _edges(graph, names):
        arrow = "-->" if data["verdict"] == "ok" else f'-. "{_mark(data)}" .->'
        lines.append(f"  {names[one]} {arrow} {names[other]}")
    if rest:
        lines.append(f'  more["+{rest} more endpoints"]')
    for verdict, style in STYLES.items():
        if found := [short for key, short in names.items() if graph.nodes[key]["verdict"] == verdict]:
            lines += [f"  classDef {verdict} {style}", f"  class {','.join(found)} {verdict}"]
    return "\n".join(lines) + "\n"


def dot(graph: Any, title: str = "") -> str:
    """A Graphviz digraph, left to right, below a title."""
    names, rest = _names(graph)
    lines = [f'digraph "{_dot_text(graph.graph.get("service", "svcmap"))}" {{', "  rankdir=LR;", "  node [shape=box];"]
    lines += [f'  label="{_dot_text(title)}"; labelloc=t;'] if title else []
    for key, short in names.items():
        verdict = graph.nodes[key]["verdict"]
        style = "" if verdict == "ok" else ', style=dashed, color="#b3261e"' if verdict == "stop" else ", style=dashed"
        lines.append(f'  {short} [label="{_dot_text(_label(graph, key))}"{style}];')
    for one, other, data in _edges(graph, names):
        style = "" if data["verdict"] == "ok" else f' [style=dashed, label="{_mark(data)}"]'
        lines.append(f"  {names[one]} -> {names[other]}{style};")
    if rest:
        lines.append(f'  more [label="+{rest} more endpoints"];')
    return "\n".join([*lines, "}"]) + "\n"


def _mark(data: dict[str, Any]) -> str:
    """What stands at a step that traffic does not get past."""
    return f"✗ {data['why']}".rstrip() if data["verdict"] == "stop" else "?"


def _names(graph: Any) -> tuple[dict[str, str], int]:
    """Short names for the vertices that are drawn, and how many endpoints are left out."""
    endpoints = [key for key, data in graph.nodes(data=True) if "endpoint" in data]
    hidden = set(endpoints[MAX_ENDPOINTS:])
    drawn = [key for key in graph.nodes if key not in hidden]
    return {key: f"n{index}" for index, key in enumerate(drawn)}, len(hidden)


def _edges(graph: Any, names: dict[str, str]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    return ((one, other, data) for one, other, data in graph.edges(data=True) if one in names and other in names)


def _label(graph: Any, key: str) -> str:
    data = graph.nodes[key]
    endpoint = data.get("endpoint")
    if endpoint is None:
        return one_line(data["label"])
    name = endpoint.pod.name if endpoint.pod else endpoint.owner
    return one_line(f"{name} {endpoint.address}".strip())


def _mermaid_text(text: str) -> str:
    return text.replace("#", "#35;").replace('"', "#quot;").replace("<", "#lt;").replace(">", "#gt;")


def _dot_text(text: str) -> str:
    return one_line(text).replace("\\", "\\\\").replace('"', '\\"')
