"""Actions of an ALB: what the annotation `actions.NAME` says in the place of a Service (controllers.md CA-11, CA-A2;
pkg/ingress/config_types.go, enhanced_backend_builder.go and model_build_actions.go of its repository).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from svcmap.model.networking import Ingress, IngressServiceBackend, ServiceBackendPort
from svcmap.semantics.ingress.alb import PREFIX, lowered, parsed
from svcmap.semantics.ingress.tables import RuleTarget

BY_ANNOTATION = "use-annotation"
STATUS = re.compile(r"[2-5][0-9]{2}\Z")
ELSEWHERE = ("targetgrouparn", "targetgroupname")
"""How a target group is named that was made outside the cluster."""


class Action(NamedTuple):
    """What a rule does instead of sending requests to its Service. `location` of a redirect has the parts that it keeps
    of the request filled in; both are None where svcmap cannot tell what it does.
    """

    kind: str
    status: int | None = None
    location: str | None = None


class TargetGroup(NamedTuple):
    """One that a rule forwards to, with its part of the requests: a port of a Service in the namespace of the Ingress,
    or one that was made outside the cluster, by its ARN or name.
    """

    share: float
    service: IngressServiceBackend | None = None
    elsewhere: str = ""


def name_of(target: RuleTarget) -> str:
    """The annotation that says what a rule does instead of sending requests to a Service of its name; empty for a rule
    that has a Service.
    """
    backend = target.backend.as_service
    return f"{PREFIX}actions.{backend.name}" if backend and backend.port.name == BY_ANNOTATION else ""


def has_action(ingress: Ingress, target: RuleTarget) -> bool:
    """Whether an annotation is written for a rule in the place of its Service, whose name is then that of it."""
    return name_of(target) in ingress.metadata.annotations


def backends_of(ingress: Ingress, target: RuleTarget) -> list[IngressServiceBackend]:
    """The ports of Services that a rule leads to, each once: those of its action, where it has one."""
    if not has_action(ingress, target):
        backend = target.backend.as_service
        return [backend] if backend else []
    groups = target_groups(ingress, target) or ()
    return list(dict.fromkeys(group.service for group in groups if group.service))


def only_service(ingress: Ingress, target: RuleTarget) -> IngressServiceBackend | None:
    """The port of a Service that a rule leads to, where it is the only one: what its annotations say of signing in
    counts then (buildAuthConfig).
    """
    if not name_of(target):
        return target.backend.as_service
    groups = target_groups(ingress, target) or ()
    return groups[0].service if len(groups) == 1 else None


def target_groups(ingress: Ingress, target: RuleTarget) -> list[TargetGroup] | None:
    """Where a forward action sends requests, by weight; of one group it has no meaning. None for any other action, and
    for one that the controller refuses (`fault_of`).
    """
    found = _written(ingress, target)
    if found.get("type") != "forward" or fault_of(ingress, target):
        return None
    if (arn := found.get("targetgrouparn")) is not None:
        return [TargetGroup(1.0, elsewhere=str(arn))]
    written = [lowered(item) for item in lowered(found["forwardconfig"])["targetgroups"]]
    if len(written) == 1:
        return [_group(written[0], 1.0)]
    whole = sum(item["weight"] for item in written)
    return [_group(item, item["weight"] / whole if whole else 0.0) for item in written]


def _group(written: dict[str, Any], share: float) -> TargetGroup:
    name = written.get("servicename")
    if name is None:
        return TargetGroup(share, elsewhere=next(str(written[key]) for key in ELSEWHERE if written.get(key)))
    port = str(written["serviceport"])
    wanted = ServiceBackendPort(number=int(port)) if port.isdecimal() else ServiceBackendPort(name=port)
    return TargetGroup(share, IngressServiceBackend(name=name, port=wanted))


def fault_of(ingress: Ingress, target: RuleTarget) -> str:
    """What the controller refuses of the action of a rule, which stops its whole group (CA-4); empty for none."""
    if not has_action(ingress, target):
        return ""
    found = _written(ingress, target)
    kind = found.get("type")
    match kind:
        case "fixed-response" | "redirect":
            code = lowered(found.get(f"{kind.replace('-', '')}config")).get("statuscode")
            return "" if isinstance(code, str) and code else f"has no statusCode for its {kind}"
        case "forward":
            has_arn, has_config = (found.get(key) is not None for key in ("targetgrouparn", "forwardconfig"))
            if has_arn == has_config:
                return "has not exactly one of targetGroupARN and forwardConfig"
            return next(_faults(lowered(found.get("forwardconfig")).get("targetgroups", [])), "") if has_config else ""
    return f"is of no type that there is: {kind!r}"


def _faults(groups: Any) -> Iterator[str]:
    """What is wrong with the target groups of a forward action (`ForwardActionConfig.validate`)."""
    if not isinstance(groups, list) or not all(isinstance(group, dict) for group in groups):
        yield "has no list of targetGroups"
        return
    for group in map(lowered, groups):
        service, port, weight = (group.get(key) for key in ("servicename", "serviceport", "weight"))
        elsewhere = [key for key in ELSEWHERE if group.get(key) is not None]
        if len(elsewhere) + (service is not None) != 1:
            yield "has a target group that names not exactly one of a Service and a target group"
        elif service is not None and (not isinstance(service, str) or not _is_port(port)):
            yield f"has a target group without a servicePort: {service!r}"
        elif weight is not None and type(weight) is not int:
            yield f"has a weight that is no number: {weight!r}"
        elif weight is None and len(groups) > 1:
            yield "has several target groups, and one without a weight"


def _is_port(value: Any) -> bool:
    return type(value) in (int, str) and value != ""


def _written(ingress: Ingress, target: RuleTarget) -> dict[str, Any]:
    return lowered(parsed(ingress.metadata.annotations.get(name_of(target), "")))


def action_of(ingress: Ingress, target: RuleTarget, url: str) -> Action | None:
    """What `actions.NAME` says of a rule whose port is `use-annotation`; None for any other rule.

    `url` is that of the request, `scheme://host/path?query`.
    """
    if not name_of(target):
        return None
    if not has_action(ingress, target):
        return Action("fixed-response", 503)
    found = _written(ingress, target)
    kind = str(found.get("type", ""))
    if kind == "redirect" and isinstance(config := found.get("redirectconfig"), dict):
        status = 302 if config.get("statuscode") == "HTTP_302" else 301
        return Action(kind, status, _location(config, url))
    if kind == "fixed-response" and isinstance(config := found.get("fixedresponseconfig"), dict):
        code = str(config.get("statuscode", ""))
        return Action(kind, int(code) if STATUS.match(code) else None)
    return Action(kind or "?")


def _location(config: dict[str, Any], url: str) -> str:
    """The target of a redirect: what it does not give is that of the request."""
    scheme, _, rest = url.partition("://")
    host, slash, tail = rest.partition("/")
    path, _, query = (slash + tail).partition("?")
    name, _, port = host.partition(":")
    values = {
        "protocol": scheme,
        "host": name,
        "port": port or ("443" if scheme == "https" else "80"),
        "path": path.lstrip("/"),
        "query": query,
    }
    made = {
        key: str(config.get(key) or default)
        for key, default in (("protocol", scheme), ("host", name), ("port", values["port"]), ("path", path))
    }
    made["query"] = str(config.get("query") or query)
    for key, text in made.items():
        for word, value in values.items():
            text = text.replace(f"#{{{word}}}", value)
        made[key] = text
    end = f"?{made['query']}" if made["query"] else ""
    return f"{made['protocol'].lower()}://{made['host']}:{made['port']}{made['path']}{end}"
