"""Gateway API: which listeners a route attaches to, which rule a request meets, and its weighted backends (G1-G12).

Upstream: apis/v1 type docs and conformance/tests of kubernetes-sigs/gateway-api.
"""

from __future__ import annotations

from svcmap.semantics.gateway.attach import (
    SCHEME_PROTOCOLS,
    Attachment,
    BoundListener,
    attach,
    carries,
    choose_listener,
    effective_hostnames,
    host_rank,
    hostname_matches,
    is_allowed,
    kinds_are_valid,
    names_listener,
    supported_kinds,
    with_conflicts,
)
from svcmap.semantics.gateway.backends import (
    is_permitted,
    is_secret_permitted,
    redirect_location,
    rewritten_path,
    shares,
)
from svcmap.semantics.gateway.conditions import (
    UNUSABLE,
    is_taken_up,
    outdated,
    quoted,
    refused,
    said,
    without_certificate,
)
from svcmap.semantics.gateway.features import is_unclaimed, unsupported
from svcmap.semantics.gateway.known import (
    ISOLATION,
    PARENT_PORT,
    TLS_TERMINATE,
    Implementation,
    Reading,
    implementation_of,
    readings_of,
)
from svcmap.semantics.gateway.match import RuleMatch, fits_whole, match_rules, near_misses

__all__ = [
    "ISOLATION",
    "PARENT_PORT",
    "SCHEME_PROTOCOLS",
    "TLS_TERMINATE",
    "UNUSABLE",
    "Attachment",
    "BoundListener",
    "Implementation",
    "Reading",
    "RuleMatch",
    "attach",
    "carries",
    "choose_listener",
    "effective_hostnames",
    "fits_whole",
    "host_rank",
    "hostname_matches",
    "implementation_of",
    "is_allowed",
    "is_permitted",
    "is_secret_permitted",
    "is_taken_up",
    "is_unclaimed",
    "kinds_are_valid",
    "match_rules",
    "names_listener",
    "near_misses",
    "outdated",
    "quoted",
    "readings_of",
    "redirect_location",
    "refused",
    "rewritten_path",
    "said",
    "shares",
    "supported_kinds",
    "unsupported",
    "with_conflicts",
    "without_certificate",
]
