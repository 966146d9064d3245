"""`dns`, `resolvconf` and `search`: what DNS answers, and what a pod's resolver asks."""

from __future__ import annotations

from typing import Any

from svcmap.expectations.questions import asked
from svcmap.model.assumptions import Assumptions
from svcmap.model.state import ClusterState
from svcmap.paths.destination.resolver import look_up, pod_resolv_conf
from svcmap.paths.known.look_ups import ask_dns

Json = dict[str, Any]


def ask(state: ClusterState, question: Json, assumptions: Assumptions) -> Json:
    """rcode, answers and additional records in zone-file lines, nodata."""
    asked.only(question, "name", "type", "upstream", "dnsServerIPs")
    upstream = asked.shaped(
        question, "upstream", dict[str, dict[str, tuple[str, ...]]], "a mapping of names to {TYPE: [data]}"
    )
    servers = asked.shaped(question, "dnsServerIPs", tuple[str, ...], "a list of addresses")
    answer = ask_dns(
        state,
        asked.text(question, "name"),
        asked.text(question, "type", "A").upper(),
        assumptions.dns,
        upstream if "upstream" in question else None,
        servers or (),
    )
    return {
        "rcode": answer.rcode or None,
        "answers": [str(record) for record in answer.answers],
        "additional": [str(record) for record in answer.additional],
        "nodata": answer.rcode == "NOERROR" and not answer.answers,
    }


def resolvconf(state: ClusterState, question: Json, assumptions: Assumptions) -> Json:
    """The lines of a pod's resolv.conf."""
    asked.only(question, "pod")
    pod = asked.pod(state, question)
    conf = pod_resolv_conf(pod.spec, pod.metadata.namespace, assumptions)
    return {
        "nameservers": list(conf.nameservers),
        "searches": list(conf.searches),
        "options": list(conf.options),
        "truncated": conf.truncated,
    }


def search(state: ClusterState, question: Json, assumptions: Assumptions) -> Json:
    """The names a pod's resolver tries, which of them answers, and with what."""
    asked.only(question, "pod", "name")
    pod = asked.pod(state, question)
    conf = pod_resolv_conf(pod.spec, pod.metadata.namespace, assumptions)
    found = look_up(state, asked.text(question, "name"), conf, assumptions)
    return {
        "tries": list(found.tries),
        "answer": found.addresses[0] if found.addresses else None,
        "answeredBy": found.answered_by,
    }
