"""Canaries: other backends of the rules of other Ingresses."""

from __future__ import annotations

from tests.cluster.edges.asking import Request
from tests.cluster.edges.compared import Case
from tests.cluster.edges.nginx_objects import HOST, P, at, canary, ingress, main_and_canary, one

CANARIES = [
    canary(
        "canary-by-header",
        "byheader",
        one("byheader"),
        one("byheader", x_canary="always"),
        one("byheader", x_canary="never"),
        one("byheader", x_canary="other"),
        canary_by_header="x-canary",
    ),
    canary(
        "canary-by-header, with an underscore",
        "underscored",
        one("underscored", x_canary="always"),
        one("underscored", x_canary="other"),
        canary_by_header="x_canary",
    ),
    canary(
        "canary-by-header-value",
        "byvalue",
        one("byvalue", x_canary="yes"),
        one("byvalue", x_canary="always"),
        one("byvalue", x_canary="no"),
        canary_by_header="x-canary",
        canary_by_header_value="yes",
    ),
    canary(
        "canary-by-header-pattern",
        "bypattern",
        one("bypattern", x_canary="v12"),
        one("bypattern", x_canary="x"),
        canary_by_header="x-canary",
        canary_by_header_pattern="^v[0-9]+$",
    ),
    canary(
        "canary-by-cookie",
        "bycookie",
        one("bycookie"),
        one("bycookie", Cookie="tester=always"),
        one("bycookie", Cookie="tester=never"),
        one("bycookie", Cookie="tester=yes"),
        canary_by_cookie="tester",
    ),
    canary("canary-weight", "byweight", one("byweight", shared=True), canary_weight="50"),
    canary("canary-weight 0", "none", one("none", shared=True), canary_weight="0"),
    canary("canary-weight 100", "all", one("all", shared=True), canary_weight="100"),
    canary(
        "header and weight",
        "mixedway",
        one("mixedway", x_canary="never", shared=True),
        one("mixedway", shared=True),
        canary_by_header="x-canary",
        canary_weight="50",
    ),
    Case(
        "canary without a main Ingress",
        [ingress("alone", f"alone.{HOST}", [("/", P, "alone-next")], notes={"canary": "true", "canary-weight": "100"})],
        at("alone", "/"),
    ),
    Case(
        "canary of another path",
        [
            ingress("apart", f"apart.{HOST}", [("/", P, "apart")]),
            ingress(
                "apart-next",
                f"apart.{HOST}",
                [("/beta", P, "apart-next")],
                notes={"canary": "true", "canary-weight": "100"},
            ),
        ],
        at("apart", "/", "/beta"),
    ),
    Case(
        "a canary acts for every host of its Service",
        [
            ingress("upstream", f"upstream.{HOST}", [("/", P, "upstream")]),
            ingress("downstream", f"downstream.{HOST}", [("/", P, "upstream")]),
            ingress(
                "upstream-next",
                f"upstream.{HOST}",
                [("/", P, "upstream-next")],
                notes={"canary": "true", "canary-by-header": "x-canary"},
            ),
        ],
        [one("upstream", x_canary="always"), one("downstream", x_canary="always"), one("downstream")],
    ),
    Case(
        "a canary to the Service of an older plain rule",
        [
            ingress("plainly", f"plainly.{HOST}", [("/", P, "plainly")]),
            ingress("preview", f"preview.{HOST}", [("/", P, "plainly-next")]),
            ingress(
                "plainly-next",
                f"plainly.{HOST}",
                [("/", P, "plainly-next")],
                notes={"canary": "true", "canary-weight": "100"},
            ),
        ],
        [*at("plainly", "/"), *at("preview", "/")],
    ),
    Case(
        "two canaries of one rule",
        [
            *main_and_canary("double", canary_by_header="x-canary"),
            ingress(
                "double-third",
                f"double.{HOST}",
                [("/", P, "double-third")],
                notes={"canary": "true", "canary-by-header": "x-third"},
            ),
        ],
        [one("double", x_canary="always"), one("double", x_third="always"), one("double")],
    ),
    Case(
        "canary whose Service has no endpoint",
        [
            ingress("hollow", f"hollow.{HOST}", [("/", P, "hollow")]),
            ingress(
                "hollow-next",
                f"hollow.{HOST}",
                [("/", P, "hollow-none")],
                notes={"canary": "true", "canary-weight": "100"},
            ),
        ],
        at("hollow", "/"),
    ),
    Case(
        "a header that nginx drops",
        main_and_canary("underscore", canary_by_header="x_canary"),
        [Request(f"http://underscore.{HOST}/", headers=(("x_canary", "always"),))],
    ),
]
