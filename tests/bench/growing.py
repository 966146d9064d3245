"""What may not cost the square: many rules of one Ingress, many ports of one Service. And JSON against its decoding."""

from __future__ import annotations

import gc
import json
from collections.abc import Callable, Iterator
from pathlib import Path

from msgspec.structs import replace

from svcmap.model.base import KubernetesObject, Metadata
from svcmap.model.group_kinds import ENDPOINT_SLICE, INGRESS, INGRESS_CLASS, POD, SERVICE
from svcmap.model.kinds import KINDS
from svcmap.model.networking import IngressClass, IngressClassSpec
from svcmap.model.refs import GroupKind, Name
from svcmap.model.state import ClusterState, Source
from svcmap.paths.asking.request import Request, parse_request
from svcmap.paths.entries import traced_entries
from svcmap.paths.trace import trace
from svcmap.picture.drawing.layout import Options, lay_out
from svcmap.picture.drawing.painter import paint
from svcmap.picture.lanes import path_view
from svcmap.semantics.ingress.known import CONTROLLERS, Controller
from svcmap.sources.base import Gathering
from svcmap.sources.decoders import page_decoder
from svcmap.sources.manifests import read_text
from svcmap.sources.nulls import decoded
from tests.bench.result import Result, milliseconds
from tests.bench.timing import compare, seconds
from tests.conftest import state_of

WEB = Name("default", "web")
FEW, MANY = 300, 3_000
INGRESS_TEXT = (
    "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: i%d}\nspec: {rules: [{host: h%d.example.com, "
    "http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}}]}\n"
)
NODE_PORT = "{port: 80, nodePort: 30080}"
SERVICE_TEXT = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {clusterIP: 10.96.0.1, ports: [%s]}\n---\n"


def _rules(count: int, host: str, path: str) -> ClusterState:
    backend = "backend: {service: {name: web, port: {number: 80}}}"
    rules = ", ".join(
        f"{{host: {host.format(i)}, http: {{paths: [{{path: {path.format(i)}, pathType: Prefix, {backend}}}]}}}}"
        for i in range(count)
    )
    ingress = f"apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {{name: i}}\nspec: {{rules: [{rules}]}}\n"
    return state_of(SERVICE_TEXT % "{port: 80}" + ingress)


def _ruled_by(by: Controller, count: int, host: str, path: str) -> ClusterState:
    """The same rules, of a class of a controller."""
    (item,), (service,) = (
        _rules(count, host, path).ingresses.values(),
        state_of(SERVICE_TEXT % NODE_PORT).services.values(),
    )
    spec = replace(item.spec, ingress_class_name="" if by.by_annotation else "c")
    public = {"kubernetes.io/ingress.class": by.classes[0]} if by.by_annotation else {}
    public |= {f"{by.prefixes[0]}scheme": "internet-facing"} if by.flavour == "alb" else {}
    item = replace(item, spec=spec, metadata=replace(item.metadata, annotations=public))
    of_class = IngressClass(metadata=Metadata(name="c"), spec=IngressClassSpec(controller=by.values[0]))
    objects: dict[GroupKind, dict[Name, KubernetesObject]] = {
        INGRESS: {item.name: item},
        SERVICE: {WEB: service},
        INGRESS_CLASS: {Name("", "c"): of_class},
    }
    return ClusterState(Source("manifests", "rules", "2026-01-01T00:00:00Z"), objects)


def controllers() -> Iterator[Result]:
    """Whoever reads the rules: the worst of the controllers of which something is evaluated."""
    known = [by for by in CONTROLLERS if by.flavour and by.values]
    for what, host, path in (("rules", "h{}.example.com", "/"), ("paths", "h.example.com", "/p{}")):
        found = []
        for by in known:
            many, few = (_again(_ruled_by(by, count, host, path), _trace_all) for count in (MANY // 2, FEW // 2))
            ratio, one, other = compare(seconds(many), seconds(few), rounds=2)
            found.append((ratio, f"{by.title}: {milliseconds(one, other)}"))
        worst, says = max(found)
        yield Result(f"{MANY // 2:,} {what} / {FEW // 2}, the worst of {len(known)} controllers", worst, 16.0, says)


def _ports(count: int) -> ClusterState:
    ports = ", ".join(f"{{name: p{i}, port: {1000 + i}}}" for i in range(count))
    slice_ = (
        "apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\naddressType: IPv4\n"
        f"metadata: {{name: s, labels: {{kubernetes.io/service-name: web}}}}\nports: [{ports}]\n"
        "endpoints: [{addresses: [10.1.0.1]}, {addresses: [10.1.0.2]}]\n"
    )
    return state_of(SERVICE_TEXT % ports + slice_)


def _again(state: ClusterState, work: Callable[[ClusterState], None]) -> Callable[[], None]:
    """The work on a state that remembers nothing."""
    return lambda: work(ClusterState(state.source, state.objects))


def _trace_all(state: ClusterState) -> None:
    traced_entries(state, WEB)


def _draw(state: ClusterState) -> None:
    view = path_view(state, WEB)
    assert view is not None
    plan = lay_out(view, Options(118, 40))
    for y in range(40):
        paint(plan, y)


def growing() -> Iterator[Result]:
    """Ten times as many may take ten times as long, and some more for the caches of the machine."""
    cases: list[tuple[str, Callable[[int], ClusterState], Callable[[ClusterState], None]]] = [
        ("rules of an Ingress", lambda n: _rules(n, "h{}.example.com", "/"), _trace_all),
        ("paths of a host", lambda n: _rules(n, "h.example.com", "/p{}"), _trace_all),
        ("ports of a Service drawn", _ports, _draw),
    ]
    for what, make, work in cases:
        many, few = _again(make(MANY), work), _again(make(FEW), work)
        ratio, one, other = compare(seconds(many), seconds(few), rounds=5)
        yield Result(f"{MANY:,} {what} / {FEW}", ratio, 16.0, milliseconds(one, other))


def _ingresses(count: int) -> ClusterState:
    """One host each."""
    return state_of(SERVICE_TEXT % "{port: 80}" + "---\n".join(INGRESS_TEXT % (i, i) for i in range(count)))


def hosts() -> Iterator[Result]:
    """A host is looked up: what it costs does not grow with the Ingresses that have others. Making the index is linear."""
    for host in ("h5.example.com", "nobody.example.com"):
        request = parse_request(f"http://{host}/")

        def tracing(count: int, request: Request = request) -> Callable[[], None]:
            state = _ingresses(count)

            def work() -> None:
                for _ in range(50):
                    trace(state, request)

            work()
            return work

        ratio, one, other = compare(seconds(tracing(1_000)), seconds(tracing(10)))
        yield Result(f"a trace to {host} on 1,000 Ingresses / on ten", ratio, 2.0, milliseconds(one, other))
    first = [_again(_ingresses(count), _ask) for count in (MANY, FEW)]
    ratio, one, other = compare(seconds(first[0]), seconds(first[1]), rounds=5)
    yield Result(f"the first trace on {MANY:,} Ingresses / on {FEW}", ratio, 16.0, milliseconds(one, other))


def _ask(state: ClusterState) -> None:
    trace(state, parse_request("http://h5.example.com/"))


def dumps(folder: Path) -> Iterator[Result]:
    """A dump, as `kubectl get -o json` writes it, to a state, against its typed decoding alone."""
    texts = {kind: _dump(folder, kind) for kind in (POD, ENDPOINT_SLICE, SERVICE)}

    def ours() -> None:
        gathering = Gathering()
        for text in texts.values():
            read_text("dump.json", text, gathering)
        gathering.state("dump")

    def theirs() -> list[object]:
        return [decoded(page_decoder(KINDS[kind].type).decode, text) for kind, text in texts.items()]

    gc.disable()  # as while loading
    ratio, one, other = compare(seconds(ours), seconds(theirs), rounds=5)
    gc.enable()
    yield Result("a JSON dump to a state / decoded by msgspec", ratio, 2.0, milliseconds(one, other))


def _dump(folder: Path, kind: GroupKind) -> bytes:
    items: list[dict[str, object]] = []
    for page in sorted((folder / "json" / f"{kind.kind.lower()}s").glob("page-*.json"))[:10]:
        document = json.loads(page.read_bytes())
        items += [{"apiVersion": document["apiVersion"], "kind": kind.kind, **item} for item in document["items"]]
    return json.dumps({"apiVersion": "v1", "items": items, "kind": "List"}, indent=4).encode()
