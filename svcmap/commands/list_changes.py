"""`svcmap list --watch`: the list, then each Service again whose row is another one, until ctrl-c."""

from __future__ import annotations

import queue
import sys
import time
from argparse import Namespace

from svcmap import console
from svcmap.commands.assumptions import settled_feed
from svcmap.commands.list_services import chosen, selector_of
from svcmap.commands.sources import load, shown, source_of, tell
from svcmap.console import ExitCode
from svcmap.errors import UsageError
from svcmap.model.feed import LiveFeed, Update
from svcmap.model.inheritance import follow_on
from svcmap.model.refs import Name
from svcmap.model.state import ClusterState
from svcmap.paths.routes.behind import with_those_behind
from svcmap.reports import list_text, text

MARKS = {"added": "+", "changed": "*", "deleted": "-"}
PATIENCE = 1.0
"""Seconds between two looks at how the connection is doing."""
PREFIX = len("12:31:07 * ")


def run(options: Namespace) -> ExitCode:
    """Never returns but by ctrl-c or a reader that goes away. Raises UsageError for a source that cannot change."""
    feed = settled_feed(source_of(options), options)
    if not isinstance(feed, LiveFeed):
        raise UsageError("--watch follows a live cluster; files do not change by themselves")
    state = load(feed)
    changes = _Changes(state, options)
    try:
        changes.print_all()
        tell(state)
        news = News(feed)
        while True:
            changes.print_update(news.wait())
    except BrokenPipeError:
        return ExitCode.OK
    finally:
        feed.close()


class News:
    """Updates as they come; meanwhile it is said on stderr when the cluster is lost, and when it is there again."""

    def __init__(self, feed: LiveFeed) -> None:
        self.feed, self.told = feed, "live"
        self.updates: queue.SimpleQueue[Update] = queue.SimpleQueue()
        feed.follow(self.updates.put)

    def wait(self) -> Update:
        """The next update. Waits in pieces: a wait without end could not be interrupted on every system."""
        while True:
            self._say()
            try:
                return self.updates.get(timeout=PATIENCE)
            except queue.Empty:
                continue

    def _say(self) -> None:
        found = self.feed.connection()
        if found.status != self.told:
            says = f"no news: {found.reason}" if found.status == "reconnecting" else "live again"
            console.say(f"svcmap: {time.strftime('%H:%M:%S')} {self.feed.title}: {says}")
            self.told = found.status


class _Changes:
    """What was printed of each Service, and what is different now."""

    def __init__(self, state: ClusterState, options: Namespace) -> None:
        self.state, self.options = state, options
        self.wanted = selector_of(options)
        names = chosen(state, shown(state, options), options, self.wanted)
        self.rows = {name: list_text.service_row(state, name) for name in names}
        self.widths = text.widths_of([list_text.HEADER, *self.rows.values()])

    def print_all(self) -> None:
        if self.options.output == "json":
            for name in self.rows:
                self._print(name, "added")
            return
        heading = () if self.options.no_headers else (list_text.HEADER,)
        for row in (*heading, *self.rows.values()):
            print(f"{'':{PREFIX}}{text.line(row, self.widths)}", flush=True)  # noqa: T201

    def print_update(self, update: Update) -> None:
        """Print each Service whose row is another one, and each that is gone."""
        self.state = follow_on(update, self.state)
        names = set(chosen(self.state, shown(self.state, self.options), self.options, self.wanted))
        for name in sorted(self.rows.keys() - names):
            self._print(name, "deleted")
            del self.rows[name]
        touched = with_those_behind(self.state, update.services)
        for name in sorted(names if touched is None else names & touched):
            row, before = list_text.service_row(self.state, name), self.rows.get(name)
            if row != before:
                self.rows[name] = row
                self._print(name, "changed" if before else "added")

    def _print(self, name: Name, change: str) -> None:
        if self.options.output == "json":
            from svcmap.reports import json_v1

            when = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
            sys.stdout.write(json_v1.line(json_v1.service_change(self.state, name, change, when)))
            sys.stdout.flush()
            return
        print(f"{time.strftime('%H:%M:%S')} {MARKS[change]} {text.line(self.rows[name], self.widths)}", flush=True)  # noqa: T201
