"""Whose pod it is and why it is not ready (O1; upstream: kubectl's printers, pkg/printers/internalversion printPod)."""

from __future__ import annotations

import pytest

from svcmap.model.refs import Name
from svcmap.model.workloads import Pod
from svcmap.semantics.endpoints.owners import not_ready_reason, owner_of, owner_of_target, owners_of
from tests import objects
from tests.conftest import state_of

DEPLOYMENT = """apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec: {replicas: 1, selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}}}
---
"""
REPLICA_SET = """apiVersion: apps/v1
kind: ReplicaSet
metadata: {name: web-7d, ownerReferences: [{apiVersion: apps/v1, kind: Deployment, name: web}]}
spec: {replicas: 1, selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}}}
---
"""


def pod_text(meta: str = "", status: str = "") -> str:
    return objects.document("Pod", "web-7d-x", f"status: {{{status}}}", meta=meta)


OWNED = "labels: {app: web, pod-template-hash: 7d}, ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: web-7d}]"


@pytest.mark.parametrize(
    ("before", "meta", "owners", "title"),
    [
        ("", OWNED, ["web-7d", "web"], "Deployment web"),
        (DEPLOYMENT + REPLICA_SET, OWNED, ["web-7d", "web"], "Deployment web"),
        ("", OWNED.replace("hash: 7d", "hash: 8e"), ["web-7d"], "ReplicaSet web-7d"),
        ("", OWNED.replace("ReplicaSet", "Foo"), ["web-7d"], "Foo web-7d"),
        (DEPLOYMENT, "labels: {app: web}", [], "Deployment web"),
        ("", "labels: {app: web}", [], "Pod web-7d-x"),
        ("", "", [], "Pod web-7d-x"),
    ],
)
def test_whose_pod_it_is(before: str, meta: str, owners: list[str], title: str) -> None:
    state = state_of(before + pod_text(meta))
    found = next(iter(state.pods.values()))
    assert [owner.name for owner in owners_of(state, found)] == owners
    assert owner_of(state, found).title == title


@pytest.mark.parametrize(
    ("text", "pod", "title"),
    [
        (DEPLOYMENT, Name("default", "web-7d-x"), "Deployment web"),
        (DEPLOYMENT + REPLICA_SET, Name("default", "web-7d-x"), "ReplicaSet web-7d"),
        (DEPLOYMENT, Name("default", "other-1"), None),
    ],
)
def test_whose_pod_an_endpoint_names(text: str, pod: Name, title: str | None) -> None:
    found = owner_of_target(state_of(text), "default", pod, None)
    assert (found.title if found else None) == title


WAITING = "containerStatuses: [{name: a, ready: true}, {name: b, ready: false, restartCount: %d, state: {waiting: {reason: CrashLoopBackOff}}%s}]"


@pytest.mark.parametrize(
    ("meta", "status", "reason"),
    [
        ("deletionTimestamp: '2026-01-01T00:00:00Z'", "", "terminating"),
        ("", WAITING % (0, ""), "CrashLoopBackOff"),
        ("", WAITING % (4, ", lastState: {terminated: {exitCode: 137}}"), "CrashLoopBackOff (exit 137), 4 restarts"),
        (
            "",
            "containerStatuses: [{name: b, ready: false, restartCount: 1, state: {terminated: {exitCode: 2}}}]",
            "container b exited with 2, 1 restarts",
        ),
        ("", "conditions: [{type: Ready, status: 'False', reason: ReadinessGatesNotReady}]", "ReadinessGatesNotReady"),
        ("", "conditions: [{type: Ready, status: 'False', reason: A, message: gate is off}]", "gate is off"),
        ("", "phase: Pending", "Pending"),
        ("", "conditions: [{type: Ready, status: 'False'}]", "not ready"),
    ],
)
def test_why_a_pod_is_not_ready(meta: str, status: str, reason: str) -> None:
    found: Pod = next(iter(state_of(pod_text(meta, status)).pods.values()))
    assert not_ready_reason(found, terminating=False) == reason


def test_a_pod_nobody_has_seen() -> None:
    assert not_ready_reason(None, terminating=False) == "not ready"
    assert not_ready_reason(None, terminating=True) == "terminating"
