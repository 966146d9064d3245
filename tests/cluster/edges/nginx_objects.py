"""Builders of the Ingresses that the real ingress-nginx is asked about, and what stands behind them."""

from __future__ import annotations

import base64

from tests.cluster.edges.asking import Request
from tests.cluster.edges.compared import Case
from tests.cluster.objects import Json

HOST = "example.com"
SHOP, OTHER = "shop", "elsewhere"
NAMESPACES = (SHOP, OTHER)
PREFIX = "nginx.ingress.kubernetes.io/"
OFFICE = "198.51.100.7"
SERVICES = (
    *((SHOP, name, 1) for name in ("web", "api", "canary", "fallback", "shared", "next", "other")),
    (SHOP, "two", 2),
    (SHOP, "nothing", 0),
    (OTHER, "web", 1),
)
CLASS: Json = {
    "apiVersion": "networking.k8s.io/v1",
    "kind": "IngressClass",
    "metadata": {"name": "nginx"},
    "spec": {"controller": "k8s.io/ingress-nginx"},
}
P, E, ANY = "Prefix", "Exact", "ImplementationSpecific"


def backend(name: str, port: int | str = 80) -> Json:
    return {"service": {"name": name, "port": {"name" if isinstance(port, str) else "number": port}}}


def ingress(
    name: str,
    host: str,
    paths: list[tuple[str, str, str]],
    namespace: str = SHOP,
    ports: Json | None = None,
    **spec: object,
) -> Json:
    """An Ingress: (path, path type, Service) for a host, `""` for any; annotations in `notes`, without their prefix."""
    notes = spec.pop("notes", {})
    assert isinstance(notes, dict)
    written = [
        {"path": path, "pathType": kind, "backend": backend(service, (ports or {}).get(path, 80))}
        for path, kind, service in paths
    ]
    rule: Json = {"http": {"paths": written}, **({"host": host} if host else {})}
    annotations = {f"{PREFIX}{key}": value for key, value in notes.items()}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": name, "namespace": namespace, "annotations": annotations},
        "spec": {"ingressClassName": "nginx", **({"rules": [rule]} if paths else {}), **spec},
    }


def noted(about: str, *requests: Request, opaque: bool = False, service: str = "web", **notes: str) -> Case:
    """One Ingress `/` → web at the host of its first request, with annotations (`_` for `-`)."""
    host = requests[0].url.partition("://")[2].partition("/")[0]
    written = {key.replace("_", "-"): value for key, value in notes.items()}
    name = host.partition(".")[0]
    return Case(about, [ingress(name, host, [("/", P, service)], notes=written)], list(requests), opaque)


def at(name: str, *paths: str, scheme: str = "http") -> list[Request]:
    return [Request(f"{scheme}://{name}.{HOST}{path}") for path in paths]


def one(
    name: str,
    path: str = "/",
    scheme: str = "http",
    source: str | None = None,
    shared: bool = False,
    method: str = "GET",
    **headers: str,
) -> Request:
    """A request to the host of a case; `_` in the names of headers is `-`."""
    given = tuple((key.replace("_", "-"), value) for key, value in headers.items())
    made = Request(f"{scheme}://{name}.{HOST}{path}", method, given, shared=shared)
    return made._replace(source=source) if source else made


def tls(name: str, secret: str | None = "certificate") -> list[Json]:
    return [{"hosts": [f"{name}.{HOST}"], **({"secretName": secret} if secret else {})}]


def backends() -> list[Json]:
    """The Secret with a user."""
    data = {"auth": base64.b64encode(b"ann:$apr1$Zx8bM1Tj$4nC9yJ0JzQ5f3tJ3vE1wF/\n").decode()}
    metadata = {"name": "users", "namespace": SHOP}
    return [{"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "type": "Opaque", "data": data}]


def clients(certificate: Json) -> Json:
    """The Secret with the authority of clients, which is that of the server."""
    metadata = {"name": "clients", "namespace": SHOP}
    data = {"ca.crt": certificate["data"]["tls.crt"]}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "type": "Opaque", "data": data}


def is_canary(item: Json) -> bool:
    """Whether an Ingress is made after the plain ones."""
    return f"{PREFIX}canary" in item["metadata"]["annotations"]


def main_and_canary(name: str, **notes: str) -> list[Json]:
    """A main Ingress to a Service of its own, and a canary of it to another one."""
    written = {"canary": "true", **{key.replace("_", "-"): value for key, value in notes.items()}}
    return [
        ingress(name, f"{name}.{HOST}", [("/", P, name)]),
        ingress(f"{name}-next", f"{name}.{HOST}", [("/", P, f"{name}-next")], notes=written),
    ]


def canary(about: str, name: str, *requests: Request, **notes: str) -> Case:
    return Case(about, main_and_canary(name, **notes), list(requests))


MAINS = """byheader byvalue bypattern bycookie byweight none all mixedway alone apart upstream plainly double hollow
    underscore total order gated"""
SERVICES = (
    *SERVICES,
    *((SHOP, name, 1) for main in MAINS.split() for name in (main, f"{main}-next")),
    (SHOP, "double-third", 1),
    (SHOP, "hollow-none", 0),
)
