"""Every pane below the picture, in the order of their numbers."""

from __future__ import annotations

from svcmap.tui.panes import dns, endpoints, ports, problems, reachability
from svcmap.tui.panes.pane import Pane

PANES: tuple[Pane, ...] = (dns.PANE, ports.PANE, endpoints.PANE, reachability.PANE, problems.PANE)
FIRST_NUMBER = 3
"""1 is the list, 2 the path."""
IDS = tuple(pane.id for pane in PANES)
PORTS, PROBLEMS = ports.PANE, problems.PANE
