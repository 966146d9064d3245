"""Plugins of Kong on an Ingress, a Service, or everywhere (CK-10, CK-A7)."""

from __future__ import annotations

from collections.abc import Iterator

from svcmap.model.controller_objects import KongPlugin
from svcmap.model.core import Service
from svcmap.model.group_kinds import KONG_CLUSTER_PLUGIN, KONG_PLUGIN
from svcmap.model.networking import Ingress
from svcmap.model.refs import Name, ObjectRef
from svcmap.paths.outcome import Undecided
from svcmap.paths.routes.ingress.entries import WORD
from svcmap.paths.walk import Walk
from svcmap.semantics.ingress import kong

PLUGINS = f"{kong.PREFIX}plugins"
HARMLESS = frozenset(
    (
        *(
            "file-log",
            "http-log",
            "tcp-log",
            "udp-log",
            "syslog",
            "loggly",
            "statsd",
            "datadog",
            "prometheus",
            "zipkin",
        ),
        *("opentelemetry", "correlation-id", "response-transformer", "rate-limiting", "response-ratelimiting"),
        *("proxy-cache", "request-size-limiting"),
    )
)
"""Plugins that let one small request through: they log, count, limit, or change what comes back."""


def note_plugins(walk: Walk, ingress: Ingress, service: Service) -> None:
    """A doubt for each plugin that may answer or change a request. CORS answers preflights alone."""
    for owner, text in _named(ingress, service):
        found = _plugin(walk, owner, text)
        if found is None:
            could = f"names plugin {text}, which is not in the source"
            undecided = Undecided(object=owner, field=f"metadata.annotations[{PLUGINS}]", could=could)
            walk.doubt(undecided, WORD, "CX-3", refuses=False)
        else:
            _note(walk, found)
    if walk.state.is_of_cluster and not walk.state.is_read(KONG_CLUSTER_PLUGIN):
        could = "may have plugins for every request: KongClusterPlugins could not be listed"
        undecided = Undecided(object=ingress.ref, field="spec.rules", could=could)
        walk.doubt(undecided, WORD, "CX-5", refuses=False)
    for item in walk.state.all(KONG_CLUSTER_PLUGIN, KongPlugin).values():
        if item.metadata.labels.get("global") == "true":
            _note(walk, item)


def _named(ingress: Ingress, service: Service) -> Iterator[tuple[ObjectRef, str]]:
    for item in (ingress, service):
        for text in item.metadata.annotations.get(PLUGINS, "").split(","):
            if text.strip():
                yield item.ref, text.strip()


def _plugin(walk: Walk, owner: ObjectRef, text: str) -> KongPlugin | None:
    namespace, _, name = text.rpartition(":")
    own = walk.state.all(KONG_PLUGIN, KongPlugin).get(Name(namespace or owner.namespace, name))
    return own or walk.state.all(KONG_CLUSTER_PLUGIN, KongPlugin).get(Name("", name))


def _note(walk: Walk, item: KongPlugin) -> None:
    if item.disabled or item.plugin in HARMLESS or (item.plugin == "cors" and walk.request.method != "OPTIONS"):
        return
    could = f"is {item.plugin or 'a plugin that is not named'}, which may answer or change requests"
    walk.doubt(Undecided(object=item.ref, field="plugin", could=could), WORD, "CX-3", refuses=False)
