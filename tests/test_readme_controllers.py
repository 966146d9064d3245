"""The README's table of controllers has a row for each that is known."""

from __future__ import annotations

from svcmap.semantics.ingress.known import CONTROLLERS
from tests.conftest import ROOT

NAMES = {"traefik": "Traefik", "GCE load balancer": "GKE"}


def test_every_controller_has_a_row() -> None:
    readme = (ROOT / "README.md").read_text()
    table = readme.partition("### What it knows of controllers")[2].partition("\n### ")[0]
    rows = "\n".join(line.split("|")[1] for line in table.splitlines() if line.startswith("| "))
    for controller in CONTROLLERS:
        assert NAMES.get(controller.title, controller.title) in rows, controller.title
