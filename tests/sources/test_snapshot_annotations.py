"""Which annotations a snapshot carries: every one that a rule reads, and nobody's secrets."""

from __future__ import annotations

import json

import pytest

from svcmap.model import well_known
from svcmap.semantics import front_listener, load_balancer
from svcmap.semantics.ingress import backends, classes, nginx
from svcmap.semantics.ingress.known import CONTROLLERS
from svcmap.sources.snapshot import dump, is_kept
from tests.conftest import state_of

CONSTANTS = {
    value
    for module in (load_balancer, nginx)
    for value in vars(module).values()
    if isinstance(value, str) and value.startswith(module.PREFIX) and value.rpartition("/")[2]
}
OF_PROVIDERS = {key for keys in load_balancer._INTERNAL_WHEN.values() for key, _ in keys}
OTHERS = {
    *(well_known.TOPOLOGY_MODE, well_known.TOPOLOGY_HINTS, well_known.SOURCE_RANGES),
    *(classes.CLASS_ANNOTATION, classes.DEFAULT_ANNOTATION),
    *(backends.ALB_TARGET, backends.GKE_NEG, backends.SERVICE_UPSTREAM),
    *(f"{prefix}any" for controller in CONTROLLERS for prefix in controller.prefixes if prefix.endswith("/")),
    *(key for pair in front_listener.CERTIFICATES.items() for key in pair if key),
}


@pytest.mark.parametrize("annotation", sorted(CONSTANTS - {nginx.PREFIX, load_balancer.PREFIX} | OF_PROVIDERS | OTHERS))
def test_what_a_rule_reads_is_kept(annotation: str) -> None:
    assert is_kept(annotation)


def test_what_anybody_may_have_written_is_not() -> None:
    notes = {"note": "TOPSECRET", "acme.example/token": "TOPSECRET", well_known.LAST_APPLIED: "TOPSECRET"}
    notes |= {f"{nginx.PREFIX}configuration-snippet": "TOPSECRET", nginx.USE_REGEX: "true"}
    text = f"apiVersion: v1\nkind: Service\nmetadata: {{name: a, annotations: {json.dumps(notes)}}}\nspec: {{}}\n"
    written = dump(state_of(text)).decode()
    assert "TOPSECRET" not in written
    assert nginx.USE_REGEX in written
    assert f"{nginx.PREFIX}configuration-snippet" in written, "that there is one may decide"
