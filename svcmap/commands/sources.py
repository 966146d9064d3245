"""The source that a command line names, read, and what to say of it on stderr."""

from __future__ import annotations

from argparse import Namespace

from svcmap import console, resources
from svcmap.console import ExitCode
from svcmap.errors import NotFoundError, UsageError
from svcmap.model.refs import Name, parse_service_name
from svcmap.model.state import ClusterState
from svcmap.sources.manifests import ManifestSource

MAX_ISSUES = 20
NOTHING_GIVEN = "nothing to read: give a PATH (a file or folder of manifests, - for standard input) or --demo"


def source_of(options: Namespace) -> ManifestSource:
    """The source of the command line. Raises UsageError if it names none."""
    paths = [*options.paths, *options.filename]
    if "" in paths:
        raise UsageError("an empty PATH: is a shell variable not set? The current folder is `.`")
    if options.demo:
        if paths:
            raise UsageError("--demo is a source of its own: leave out the paths")
        return ManifestSource([str(resources.folder("fixtures/demo"))], options.namespace, title="demo")
    if not paths:
        raise UsageError(NOTHING_GIVEN)
    return ManifestSource(paths, options.namespace)


def tell(state: ClusterState) -> None:
    """What was not read and what was skipped, on stderr."""
    ordered = sorted(state.issues, key=lambda issue: not issue.lost)
    for issue in ordered[:MAX_ISSUES]:
        console.say(f"svcmap: {issue.place}: {issue.reason}")
    if len(ordered) > MAX_ISSUES:
        console.say(f"svcmap: and {len(ordered) - MAX_ISSUES} more; -o json lists all of them under loadIssues")
    if state.skipped:
        counts = ", ".join(f"{count} {kind}" for kind, count in sorted(state.skipped.items()))
        console.say(f"svcmap: skipped: {counts}")


def exit_code(state: ClusterState) -> ExitCode:
    """UNKNOWN if part of the source could not be read, else OK."""
    return ExitCode.UNKNOWN if state.is_partial else ExitCode.OK


def shown(state: ClusterState, options: Namespace) -> list[Name]:
    """The Services a command shows, in order: `-n` limits what is shown, not what is read."""
    limit = None if options.all_namespaces else options.namespace
    return sorted(name for name in state.services if limit in (None, name.namespace))


def find_named(state: ClusterState, text: str, options: Namespace) -> Name:
    """The Service a command line names. Raises NotFoundError, naming one that is spelled alike."""
    name = parse_service_name(text, options.namespace)
    if name is None:
        raise UsageError(f"{text}: name a Service as NAMESPACE/NAME, or NAME with -n NAMESPACE")
    if name in state.services:
        return name
    same = [other for other in state.services if other.name == name.name]
    from difflib import get_close_matches

    near = get_close_matches(str(name), map(str, state.services), n=1)
    hint = f"; did you mean {same[0] if same else near[0]}?" if same or near else ""
    raise NotFoundError(f"no Service {name} in {state.source.name}{hint}")
