"""How `show` prints a Service: a row a format. What a format needs is loaded when it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from svcmap.model.refs import Name
from svcmap.model.state import ClusterState

Format = Callable[[ClusterState, Name], str]


def _text(state: ClusterState, name: Name) -> str:
    from svcmap.reports import text

    return text.service(state, name)


def _json(state: ClusterState, name: Name) -> str:
    from svcmap.reports import json_v1

    return json_v1.render(json_v1.service(state, name))


def _mermaid(state: ClusterState, name: Name) -> str:
    from svcmap.paths.views.graph import service_graph
    from svcmap.reports import diagrams

    return diagrams.mermaid(service_graph(state, name))


def _dot(state: ClusterState, name: Name) -> str:
    from svcmap.paths.views.graph import service_graph
    from svcmap.reports import diagrams

    return diagrams.dot(service_graph(state, name))


SHOW: Mapping[str, Format] = {"text": _text, "json": _json, "mermaid": _mermaid, "dot": _dot}
"""By their names on the command line: the choices in `cli`, which loads nothing, are these (a test compares them)."""
