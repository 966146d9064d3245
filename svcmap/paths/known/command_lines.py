"""The command lines of components, from the workloads that run them; of files from pods too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from svcmap.model.group_kinds import WORKLOADS
from svcmap.model.reads import reads
from svcmap.model.refs import ObjectRef
from svcmap.model.state import ClusterState
from svcmap.model.workloads import PodSpec


class CommandLine(NamedTuple):
    """Where a component runs, and with which words."""

    ref: ObjectRef
    words: tuple[str, ...]


def command_lines(state: ClusterState, component: str) -> Sequence[CommandLine]:
    """Those of a component, equal ones once. A cluster's pods are of its workloads, and are not looked at."""

    def index() -> Mapping[str, list[CommandLine]]:
        found: dict[str, list[CommandLine]] = {}
        for ref, spec in _specs(state):
            for container in (*spec.containers, *spec.init_containers):
                if container.image or container.command or container.args:
                    lines = found.setdefault(container.component, [])
                    if all(line.words != container.words for line in lines):
                        lines.append(CommandLine(ref, container.words))
        return found

    return state.remember("command_lines", None, index, reads(*WORKLOADS)).get(component, ())


def _specs(state: ClusterState) -> Iterator[tuple[ObjectRef, PodSpec]]:
    yield from ((workload.ref, workload.template.spec) for workload in state.workloads)
    if not state.is_of_cluster:
        yield from ((pod.ref, pod.spec) for pod in state.pods.values())
