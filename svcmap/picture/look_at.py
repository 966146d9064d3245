"""What to look at where a request may fail: complete commands, with namespace, names and ports filled in."""

from __future__ import annotations

import shlex

from svcmap.model.addresses import before_port
from svcmap.model.labels import format_labels
from svcmap.paths.asking.request import LAYER_7
from svcmap.paths.outcome import Hop, Trace
from svcmap.paths.routes.kinds import ROUTE_KINDS, ROUTE_WORDS
from svcmap.picture.lanes import PathView

ADVICE = {kind.word: kind.advice for kind in ROUTE_KINDS}


def look_at(view: PathView, found: Trace, hop: Hop, node: str = "") -> str:
    """A command about a hop, and what to look for in what it prints; of a client the request itself. `node` is the
    address of some node, where one is known.
    """
    name, ref = view.name, hop.object
    if hop.kind in ROUTE_WORDS and ref is not None:
        advice = ADVICE.get(hop.kind, "")
        return ref.kubectl("describe") + (f"; {advice}" if advice else "")
    match hop.kind:
        case "client":
            return _asking(found)
        case "dns":
            return f"{_from_a_pod(found, view)} nslookup {shlex.quote(found.request.host)}"
        case "load-balancer":
            return f"kubectl describe service -n {name.namespace} {name.name}; is the health check green?"
        case "node-port":
            number = found.service_port.node_port if found.service_port else 0
            return f"nc -vz {node or 'NODE-ADDRESS'} {number}; is it open in the firewall of the nodes?"
        case "service":
            return f"kubectl get endpointslices -n {name.namespace} -l kubernetes.io/service-name={name.name}"
        case "network-policy" if ref is not None:
            return ref.kubectl("describe")
        case "external-name":
            return f"nslookup {shlex.quote(found.external_name or hop.address)}"
    return _about_pods(view, found)


def _asking(found: Trace) -> str:
    request = found.request
    if "<" in request.to:
        return ""
    if request.scheme in LAYER_7 and request.scheme != "grpc":
        return f"curl -v {shlex.quote(request.to)}"
    udp = "-u " if request.protocol == "UDP" else ""
    return f"nc -vz {udp}{shlex.quote(before_port(request.host))} {request.port}"


def _from_a_pod(found: Trace, view: PathView) -> str:
    """A shell in the pod that asks; of one that is not known, in a pod of its namespace that is made for it."""
    vantage = found.request.vantage
    if vantage.kind == "pod" and vantage.value:
        namespace, _, pod = vantage.value.partition("/")
        return f"kubectl exec -n {namespace} {pod} --"
    if vantage.kind == "workload":
        namespace, kind, workload = vantage.value.split("/", 2)
        return f"kubectl exec -n {namespace} {kind.lower()}/{workload} --"
    namespace = vantage.value or view.name.namespace
    return f"kubectl run look -n {namespace} --rm -it --restart=Never --image=busybox --"


def _about_pods(view: PathView, found: Trace) -> str:
    name, selector = view.name, format_labels(view.service.spec.selector)
    pods = [endpoint.pod for endpoint in (*found.endpoints, *(e for e, _ in found.excluded)) if endpoint.pod]
    if len(pods) == 1:
        return f"kubectl logs -n {pods[0].namespace} {pods[0].name}; does the process listen on this port?"
    if selector:
        return f"kubectl get pods -n {name.namespace} -l {shlex.quote(selector)} -o wide"
    return f"kubectl get endpointslices -n {name.namespace} -l kubernetes.io/service-name={name.name} -o yaml"
