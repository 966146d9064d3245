"""The source that a command line names, read, and what to say of it on stderr."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterable
from pathlib import Path

from svcmap import console, resources
from svcmap.console import ExitCode
from svcmap.errors import NotFoundError, UsageError
from svcmap.model.feed import LiveFeed, StateFeed
from svcmap.model.group_kinds import SERVICE
from svcmap.model.kinds import tally, title_of
from svcmap.model.refs import Name, parse_service_name
from svcmap.model.state import ClusterState
from svcmap.paths.missing import is_named
from svcmap.paths.views.meant import nearly_named, services_named
from svcmap.sources.files import STDIN
from svcmap.sources.manifests import ManifestSource
from svcmap.sources.snapshot import SnapshotSource, is_snapshot

MAX_ISSUES = 20
PATIENCE = 0.5
"""Seconds for which a screen waits for everything; then it opens with the Services alone."""
NOTHING_GIVEN = (
    "nothing to read: give a PATH (a file or folder of manifests, - for standard input), --context or --demo; "
    "there is no kubeconfig either"
)
LIVE = {"context": "--context", "kubeconfig": "--kubeconfig", "as_user": "--as", "as_groups": "--as-group"}


def source_of(options: Namespace, *, all_pods: bool = False) -> StateFeed:
    """The source of the command line: paths, the demo, else a cluster. Raises UsageError if it names none.

    A cluster is connected to here. `all_pods` reads its pods too.
    """
    paths = [*options.paths, *options.filename]
    live = [flag for name, flag in LIVE.items() if getattr(options, name)]
    if "" in paths:
        raise UsageError("an empty PATH: is a shell variable not set? The current folder is `.`")
    if live and (paths or options.demo):
        raise UsageError(f"{live[0]} is about a live cluster: leave out {'--demo' if options.demo else 'the paths'}")
    if options.demo:
        if paths:
            raise UsageError("--demo is a source of its own: leave out the paths")
        return ManifestSource([str(resources.folder("fixtures/demo"))], options.namespace, title="demo")
    if paths:
        return _files(paths, options)
    return _cluster(options, named=bool(live), all_pods=all_pods)


def _files(paths: list[str], options: Namespace) -> StateFeed:
    snapshots = [path for path in paths if path != STDIN and is_snapshot(Path(path))]
    if not snapshots:
        return ManifestSource(paths, options.namespace)
    if len(paths) > 1:
        raise UsageError(f"{snapshots[0]} is a snapshot, a source of its own: leave out the other paths")
    return SnapshotSource(snapshots[0])


def is_given(options: Namespace) -> bool:
    """Whether the command line names a source: files, the demo or a cluster."""
    return bool(options.paths or options.filename or options.demo or any(getattr(options, name) for name in LIVE))


def _cluster(options: Namespace, *, named: bool, all_pods: bool) -> StateFeed:
    """The cluster that the options name, else that of the current context."""
    from svcmap.sources.live.auth import kubeconfig

    if not named and not kubeconfig.exists():
        raise UsageError(NOTHING_GIVEN)
    from svcmap.sources.live.cluster import ClusterSource
    from svcmap.sources.live.session import Target

    target = Target(
        context=options.context,
        kubeconfig=options.kubeconfig,
        as_user=options.as_user,
        as_groups=tuple(options.as_groups),
        timeout=options.request_timeout,
        namespaces=tuple(options.namespaces),
    )
    return ClusterSource(target, all_pods=all_pods)


def load(source: StateFeed) -> ClusterState:
    """Read a source. Raises SourceError where that does not work."""
    with console.reading(f"reading {source.title}"):
        return source.load()


def begin(source: StateFeed) -> ClusterState:
    """Read a source for a screen, which opens before a large cluster is read. Raises SourceError."""
    with console.reading(f"reading {source.title}"):
        return source.begin(PATIENCE) if isinstance(source, LiveFeed) else source.load()


def tell(state: ClusterState) -> None:
    """What was not read and what was skipped, on stderr."""
    ordered = sorted(state.issues, key=lambda issue: not issue.lost)
    for issue in ordered[:MAX_ISSUES]:
        console.say(f"svcmap: {issue.place}: {issue.reason}")
    if len(ordered) > MAX_ISSUES:
        console.say(f"svcmap: and {len(ordered) - MAX_ISSUES} more; -o json lists all of them under loadIssues")
    if state.skipped:
        counts = ", ".join(f"{count} {kind}" for kind, count in tally(state.skipped, title_of).items())
        console.say(f"svcmap: skipped: {counts}")


def exit_code(state: ClusterState) -> ExitCode:
    """UNKNOWN if part of the source could not be read, else OK."""
    return ExitCode.UNKNOWN if state.is_partial else ExitCode.OK


def limits(options: Namespace) -> Iterable[str]:
    """The namespaces that are shown; none given, or -A: all."""
    given: list[str] = options.namespaces
    return () if options.all_namespaces else given


def source_words(options: Namespace) -> list[str]:
    """The words of the command line that name its source, for a command that is to be typed next."""
    words = ["--demo"] if options.demo else []
    for flag, values in (("-f", [*options.paths, *options.filename]), ("--as-group", options.as_groups)):
        words += [word for value in values for word in (flag, value)]
    named = (("--context", options.context), ("--kubeconfig", options.kubeconfig), ("--as", options.as_user))
    return words + [word for flag, value in named if value for word in (flag, value)]


def shown(state: ClusterState, options: Namespace) -> list[Name]:
    """The Services a command shows, in order: `-n` limits what is shown, not what is read."""
    wanted = frozenset(limits(options))
    return sorted(name for name in state.services if not wanted or name.namespace in wanted)


def nothing_shown(state: ClusterState, options: Namespace) -> str:
    """What to say where there is no Service to show."""
    where = ", ".join(limits(options))
    return f"no Services{f' in namespace {where}' if where and state.services else ''} in {state.source.name}"


def find_named(state: ClusterState, text: str, options: Namespace) -> Name:
    """The Service a command line names. Raises NotFoundError, naming one that is spelled alike."""
    name = parse_service_name(text, options.namespace)
    if name is None:
        raise UsageError(f"{text}: name a Service as NAMESPACE/NAME, or NAME with -n NAMESPACE")
    if is_named(state, name):
        return name
    same = services_named(state, name.name)
    if len(same) == 1 and not options.namespace and "/" not in text.removeprefix("svc/").removeprefix("service/"):
        return same[0]
    near = same or [other for other in (nearly_named(state, str(name)) or nearly_named(state, name.name),) if other]
    hint = f"; did you mean {' or '.join(map(str, near[:3]))}?" if near else ""
    if not state.is_read(SERVICE, name.namespace):
        hint = f"; the Services of namespace {name.namespace} could not be read"
    elif state.issues:
        hint = f"{hint}; {len(state.issues)} things were not read, the first: {state.issues[0].reason}"
    raise NotFoundError(f"no Service {name} in {state.source.name}{hint}")
