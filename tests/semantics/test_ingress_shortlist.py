"""A shortlist leaves out no rule that takes a request, whoever reads the rules."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svcmap.model.networking import Ingress
from svcmap.semantics.ingress import Shortlist, alb_conditions, haproxy_ingress, kong, targets, traefik
from svcmap.semantics.ingress.tables import RuleTarget
from tests import objects
from tests.conftest import state_of

HOSTS = ("a.example", "b.example", "*.example", "*.b.example", "")
PATHS = ("/", "/a", "/a/", "/A", "/a/b", "/ab", "/a*", "/*", "/~/a", "/a//b", "/a?")
TYPES = ("Exact", "Prefix", "ImplementationSpecific")
ASKED = ("a.example", "x.b.example", "B.example", "a.b.example.")
WANTED = ("/", "/a", "/a/", "/a/b", "/A/b", "/ab", "/abc", "/a/b/c", "/~/a")


class Reader(NamedTuple):
    """Who reads rules: which are open, whether one takes a request, and annotations that change how it is read."""

    is_open: Callable[[Ingress, RuleTarget], bool]
    takes: Callable[[Ingress, RuleTarget, str, str], bool]
    annotations: tuple[str, ...]


def by_alb(item: Ingress, target: RuleTarget, host: str, path: str) -> bool:
    return alb_conditions.takes(item.metadata.annotations, target, alb_conditions.Asked(host, path)) is not False


def by_haproxy_ingress(item: Ingress, target: RuleTarget, host: str, path: str) -> bool:
    return haproxy_ingress.taker([(item, target)], haproxy_ingress.Asked(host, path)) is not None


def by_kong(item: Ingress, target: RuleTarget, host: str, path: str) -> bool:
    is_for = kong.Routes(item, [target]).of(target, host) is not None
    return is_for and kong.fits(target, path, kong.mark_of(item.metadata.annotations))


READERS = {
    "alb": Reader(
        alb_conditions.is_open,
        by_alb,
        (
            "alb.ingress.kubernetes.io/use-regex-path-match: 'true'",
            'alb.ingress.kubernetes.io/conditions.web: \'[{"field": "host-header", "hostHeaderConfig":'
            ' {"values": ["x.b.example"]}}]\'',
        ),
    ),
    "traefik": Reader(
        traefik.is_open,
        traefik.fits,
        ("traefik.ingress.kubernetes.io/router.pathmatcher: PathRegexp",),
    ),
    "haproxy-ingress": Reader(
        haproxy_ingress.is_open,
        by_haproxy_ingress,
        ("haproxy-ingress.github.io/path-type: regex", "haproxy-ingress.github.io/server-alias: x.b.example"),
    ),
    "kong": Reader(
        kong.is_open,
        by_kong,
        ("konghq.com/host-aliases: x.b.example", "konghq.com/regex-prefix: /a", "konghq.com/x: y"),
    ),
}


@pytest.mark.parametrize("reader", READERS.values(), ids=READERS)
@given(data=st.data())
def test_no_rule_that_takes_a_request_is_left_out(reader: Reader, data: st.DataObject) -> None:
    paths = data.draw(st.lists(st.tuples(st.sampled_from(PATHS), st.sampled_from(TYPES)), min_size=1, max_size=6))
    notes = data.draw(st.lists(st.sampled_from(reader.annotations), max_size=1))
    text = objects.ingress(
        ", ".join(objects.path(f"'{path}'", kind=kind) for path, kind in paths),
        host=f"'{data.draw(st.sampled_from(HOSTS))}'",
        meta=f", annotations: {{{', '.join(notes)}}}",
    )
    (item,) = state_of(text).ingresses.values()
    host, path = data.draw(st.sampled_from(ASKED)), data.draw(st.sampled_from(WANTED))
    written = list(targets(item))
    near = Shortlist(written, partial(reader.is_open, item)).near(host, path)
    assert [target for target in written if target in near] == near
    assert [target for target in written if reader.takes(item, target, host, path) and target not in near] == []
