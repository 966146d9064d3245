"""What a controller's annotations can do to a request, as data: one table a controller, a class for each annotation."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Literal, NamedTuple

from svcmap.clean_paths import Cleaning

Effect = Literal[
    "route", "rewrite", "redirect", "deny", "listen", "backend-tls", "weight", "limit", "opaque", "harmless"
]
DECIDES: frozenset[Effect] = frozenset({"route", "redirect", "deny", "listen", "opaque"})
"""Those that may change what becomes of one small request: by other means than a time-out, a limit, or another pod."""
COULD: Mapping[Effect, str] = {
    "route": "may send the request to another backend, or to none",
    "rewrite": "changes the path or host that the pod sees",
    "redirect": "may answer with a redirect",
    "deny": "may refuse the request",
    "listen": "may change on which port and scheme the rule is served",
    "opaque": "may do anything to the request",
}


Flavour = Literal[
    "nginx",
    "nginx-inc",
    "contour",
    "traefik",
    "gce",
    "alb",
    "kong",
    "haproxy-ingress",
    "haproxy",
    "cilium",
    "istio",
    "",
]
"""Controllers whose reading of a rule differs from the text of the API; empty is the text (section 6)."""


class ToHTTPS(NamedTuple):
    """That a controller sends http requests to https by itself: with which status, to which port (0: none is written),
    for every rule host of an Ingress with a tls section or only for the hosts that it lists; `off` are the annotations
    that say "false" to it (and "true" without TLS, where it `is_forced`), `code` and `to_port` those that say another
    status and port; paths that begin with `but` stay.
    """

    status: int
    port: int = 0
    every_host: bool = False
    off: str = ""
    code: str = ""
    to_port: str = ""
    but: str = ""
    is_forced: bool = False


class OwnAnswers(NamedTuple):
    """Annotations by which a controller answers by itself, and what it answers; whole names, apart by blanks.

    `allow` and `deny` are lists of addresses (`outside`: the status for the others, 0: their packets are dropped;
    `client_from` names the header with the address that is compared),
    `password` asks for one where it is set. `to_https` sends http to https where it is "true", with `moved`;
    `app_root` sends `/` to a path, `redirect` every request to another host, with the status in `redirect_code` or 302.
    One that `refuses_first` does so before it sends anybody elsewhere; `password_type` is the only value that asks.
    `without_http` closes plain http where it is "false", with `closed` (0: nobody listens), `protocols` where it does
    not name http, with the redirect in `closed_code` instead.
    """

    allow: str = ""
    deny: str = ""
    client_from: str = ""
    outside: int = 403
    password: str = ""
    password_type: str = ""
    refuses_first: bool = False
    to_https: str = ""
    moved: int = 302
    app_root: str = ""
    redirect: str = ""
    redirect_code: str = ""
    without_http: str = ""
    closed: int = 0
    closed_code: str = ""
    protocols: str = ""

    @property
    def names(self) -> list[str]:
        redirects = (self.to_https, self.app_root, self.redirect, self.redirect_code, self.closed_code)
        texts = (self.allow, self.deny, self.client_from, self.password, *redirects, self.without_http, self.protocols)
        return " ".join(texts).split()


class Controller(NamedTuple):
    """A controller of Ingresses. `values` are those of an IngressClass' `spec.controller` (a part behind it is a name
    of the installation's own), `classes` the class names it usually has, for sources without the IngressClass.

    `prefixes` begin the annotations that are its own, the first one those of the tables that have none; `annotations`
    are names by what they can do, a `*` standing for any rest; `evaluated` those that svcmap follows itself, `wide`
    those that act on all of a host, whichever of its Ingresses has them.
    `flavour` is how it reads rules; one that `is_outside` is a load balancer, and no pod of the cluster. `cleaning` is
    what it does to paths first; one that `needs_tls` takes https only for hosts of a tls section; `deep_wildcards` are
    those that stand for more than one label.
    One that goes `by_annotation` serves no Ingress that has its class in the field alone.
    `to_https` is what it makes of http for hosts with TLS, `missing` and `empty` are its answers where a rule's Service
    or port does not exist, and where it has no endpoint; `own` what annotations have it answer by itself; `config_map`
    is a part of the name of its settings; `aliases` are annotations with more hosts for the rules of an
    Ingress; of one that `is_closed` nothing is evaluated; `of_tls` are annotations that are about https alone.
    """

    title: str
    values: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()
    annotations: Mapping[Effect, str] = {}
    evaluated: str = ""
    wide: str = ""
    to_https: ToHTTPS | None = None
    flavour: Flavour = ""
    is_outside: bool = False
    cleaning: Cleaning = "unknown"
    needs_tls: bool = False
    deep_wildcards: bool = False
    by_annotation: bool = False
    missing: int = 503
    empty: int = 503
    own: OwnAnswers = OwnAnswers()
    config_map: str = ""
    aliases: str = ""
    is_closed: bool = False
    of_tls: str = ""

    def owns(self, annotation: str) -> bool:
        """Whether an annotation is one of its own."""
        return annotation.startswith(self.prefixes)

    def effect_of(self, annotation: str) -> Effect | None:
        """What an annotation of its own can do; None for one that the table does not know."""
        # Of those that several share the names are the same; of others the table has the whole annotation.
        first = next((prefix for prefix in self.prefixes if prefix.endswith("/") and annotation.startswith(prefix)), "")
        whole = any(annotation in names.split() for names in self.annotations.values())
        name = annotation if whole else annotation.removeprefix(first)
        patterns: list[tuple[str, Effect]] = []
        for effect, names in self.annotations.items():
            for known in names.split():
                if known == name:
                    return effect
                if "*" in known:
                    patterns.append((known, effect))
        wholly = (effect for known, effect in patterns if fnmatchcase(annotation, known))
        return next(wholly, None) or next((effect for known, effect in patterns if fnmatchcase(name, known)), None)

    def aliases_of(self, annotations: Mapping[str, str]) -> list[str]:
        """More hosts of an Ingress, apart by commas."""
        texts = (annotations.get(name, "") for name in self.aliases.split())
        return [host.strip() for text in texts for host in text.split(",") if host.strip()]

    def is_wide(self, annotation: str) -> bool:
        """Whether an annotation acts on all rules of a host."""
        return bool(self.prefixes) and annotation.removeprefix(self.prefixes[0]) in self.wide.split()

    def is_about(self, annotation: str, scheme: str) -> bool:
        """Whether an annotation can do anything to requests of a scheme."""
        names = (annotation.removeprefix(prefix) for prefix in self.prefixes if annotation.startswith(prefix))
        return scheme == "https" or not any(fnmatchcase(name, known) for name in names for known in self.of_tls.split())

    def evaluates(self, annotation: str) -> bool:
        """Whether svcmap works out what an annotation does."""
        known = self.evaluated.split()
        if annotation in self.own.names or annotation in known:
            return True
        if any(annotation in names.split() for names in self.annotations.values()):
            return False  # the table has the whole of it, apart from what is called alike under another prefix
        names = [annotation.removeprefix(prefix) for prefix in self.prefixes if annotation.startswith(prefix)]
        return any(fnmatchcase(name, pattern) for name in names for pattern in known)
