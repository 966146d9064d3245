"""Ingresses of ingress-nginx and the requests that show what each annotation does, one host for each."""

from __future__ import annotations

from tests.cluster.edges.compared import Case
from tests.cluster.edges.nginx_access import ALIASES, LISTS
from tests.cluster.edges.nginx_canaries import CANARIES
from tests.cluster.edges.nginx_matching import MATCHING, REWRITES
from tests.cluster.edges.nginx_objects import OFFICE, at, one
from tests.cluster.edges.nginx_redirects import REDIRECTS
from tests.cluster.edges.nginx_rest import BACKENDS, ODD, OTHERS

CASES = [*MATCHING, *REWRITES, *REDIRECTS, *LISTS, *ALIASES, *CANARIES, *BACKENDS, *OTHERS, *ODD]
SETTINGS = {
    "ssl-redirect": "false",
    "http-redirect-code": "301",
    "denylist-source-range": "198.51.100.66",
    "no-tls-redirect-locations": "/free",
}
"""What is then written into the controller's ConfigMap."""
STRANGER = "198.51.100.66"
CONFIGURED = [
    Case(
        "settings: ssl-redirect",
        [],
        [*at("safe", "/"), *at("part", "/", "/force", "/free"), *at("force", "/a", "/free"), *at("keep", "/a/")],
    ),
    Case("settings: http-redirect-code", [], [*at("site", "/a"), *at("rel", "/slash"), *at("root", "/")]),
    Case(
        "settings: denylist-source-range",
        [],
        [
            one("plain", "/api", source=STRANGER),
            one("plain", "/api"),
            one("deny", source=STRANGER),
            one("deny", source=OFFICE),
            one("office", source=STRANGER),
        ],
    ),
    Case(
        "Secrets in the source",
        [],
        [
            *(one("guard"), one("guardlost"), one("satisfy"), one("satisfy", source=OFFICE)),
            *(one("mutualon", scheme="https"), one("mutual", scheme="https"), one("mutualtwo", "/b", scheme="https")),
        ],
    ),
]
"""Asked when they are there."""
