"""How `show` prints a Service: a row a format. What a format needs is loaded when it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from svcmap.model.refs import Name
from svcmap.model.state import ClusterState

Format = Callable[[ClusterState, Name, str], str]
"""A state, the name of a Service and a theme (empty: none was asked for; most formats have no colours) to text."""


def _text(state: ClusterState, name: Name, _: str) -> str:
    from svcmap.reports import text

    return text.service(state, name)


def _json(state: ClusterState, name: Name, _: str) -> str:
    from svcmap.reports import json_v1

    return json_v1.render(json_v1.service(state, name))


def _yaml(state: ClusterState, name: Name, _: str) -> str:
    from svcmap.reports import json_v1

    return json_v1.as_yaml(json_v1.service(state, name))


def _title(state: ClusterState, name: Name) -> str:
    """The Service with its mark and what that stands for."""
    from svcmap.checks.standing import standing
    from svcmap.picture.drawing.glyphs import MARKS

    found = standing(state, name)
    return f"{MARKS[found.mark]} {name}: {found.says}"


def _mermaid(state: ClusterState, name: Name, _: str) -> str:
    from svcmap.paths.views.graph import service_graph
    from svcmap.reports import diagrams

    return diagrams.mermaid(service_graph(state, name), _title(state, name))


def _dot(state: ClusterState, name: Name, _: str) -> str:
    from svcmap.paths.views.graph import service_graph
    from svcmap.reports import diagrams

    return diagrams.dot(service_graph(state, name), _title(state, name))


def _svg(state: ClusterState, name: Name, theme: str) -> str:
    from svcmap.reports import svg

    return svg.service(state, name, theme)


SHOW: Mapping[str, Format] = {
    "text": _text,
    "json": _json,
    "yaml": _yaml,
    "mermaid": _mermaid,
    "dot": _dot,
    "svg": _svg,
}
"""By their names on the command line: the choices in `cli`, which loads nothing, are these (a test compares them)."""
