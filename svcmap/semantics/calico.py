"""Which pods a policy of Calico selects (Calico documentation, "Selectors"; libcalico-go lib/selector).

Three values: true, false, and None where labels decide that are not known, or an expression cannot be read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from svcmap.model.labels import Labels, SomeLabels
from svcmap.model.plugin_policies import CalicoPolicy

COPIES = ("knp.", "kanp.", "kbanp.", "kcnp.")
"""How Calico names what it makes of NetworkPolicies and of the policies of administrators."""
TOKEN = re.compile(
    r"""\s*(?: (?P<text>"[^"]*"|'[^']*') | (?P<word>[A-Za-z0-9_./-]+) | (?P<mark>==|!=|&&|\|\||[!(){},]) )""", re.X
)


def is_copy(policy: CalicoPolicy) -> bool:
    """Whether a policy is Calico's view of one of Kubernetes, which counts by itself."""
    return policy.metadata.name.startswith(COPIES)


def selects_pod(policy: CalicoPolicy, namespace: str, labels: Labels, of_namespace: Labels) -> bool | None:
    """Whether a policy selects a pod by its labels and those of its namespace; None for either where not known.

    An empty `namespace` is one nobody knows.
    """
    own, spec = policy.metadata.namespace, policy.spec
    if own and namespace and own != namespace:
        return False
    mine = {"projectcalico.org/namespace": namespace, "projectcalico.org/orchestrator": "k8s"}
    theirs = {"projectcalico.org/name": namespace, "kubernetes.io/metadata.name": namespace}
    parts = [
        matches(spec.selector, _with(labels, mine)),
        True if own else matches(spec.namespace_selector, _with(of_namespace, theirs)),
        None if spec.service_account_selector else True,
    ]
    return False if False in parts else None if None in parts else True


def _with(labels: Labels, added: dict[str, str]) -> Labels:
    if labels is None:
        return None
    together = {**labels, **added}
    return SomeLabels(together) if isinstance(labels, SomeLabels) else together


def matches(expression: str, labels: Labels) -> bool | None:
    """Whether labels fit an expression; an empty one fits all."""
    if not expression.strip():
        return True
    try:
        parser = _Parser(expression, labels)
        found = parser.either()
    except (StopIteration, ValueError, RecursionError):
        return None
    return found if parser.is_done else None


class _Parser:
    """Reads an expression and works it out at once. Raises ValueError, or StopIteration, where it is none."""

    def __init__(self, expression: str, labels: Labels) -> None:
        self.labels = labels
        self.tokens = list(_tokens(expression))
        self.at = 0

    @property
    def is_done(self) -> bool:
        return self.at == len(self.tokens)

    def either(self) -> bool | None:
        found = [self.both()]
        while self._take("||"):
            found.append(self.both())
        return True if True in found else None if None in found else False

    def both(self) -> bool | None:
        found = [self.one()]
        while self._take("&&"):
            found.append(self.one())
        return False if False in found else None if None in found else True

    def one(self) -> bool | None:
        if self._take("!"):
            inner = self.one()
            return None if inner is None else not inner
        if self._take("("):
            inner = self.either()
            self._want(")")
            return inner
        return self._condition()

    def _condition(self) -> bool | None:
        key = self._next()
        if self._take("("):
            return self._function(key)
        operator = self._next()
        negated = operator == "not"
        if negated or operator in ("starts", "ends"):
            operator = f"{operator} {self._next()}"
        value = self._list() if operator in ("in", "not in") else [self._text()]
        if self._is_unknown(key):
            return None
        return _holds(operator, (self.labels or {}).get(key), value)

    def _function(self, name: str) -> bool | None:
        key = "" if name in ("all", "global") else self._next()
        self._want(")")
        if name == "all":
            return True
        if name == "global":  # objects without a namespace: no pod is one
            return False
        if name != "has":
            raise ValueError(name)
        return None if self._is_unknown(key) else key in (self.labels or {})

    def _is_unknown(self, key: str) -> bool:
        """Labels of namespaces and service accounts that Calico puts on pods under names of its own."""
        if self.labels is None or (isinstance(self.labels, SomeLabels) and key not in self.labels):
            return True
        return key.startswith(("pcns.", "pcsa.", "projectcalico.org/serviceaccount"))

    def _list(self) -> list[str]:
        self._want("{")
        found: list[str] = []
        while not self._take("}"):
            found.append(self._text())
            if not self._take(","):
                self._want("}")
                break
        return found

    def _text(self) -> str:
        token = self._next()
        if token[:1] not in "\"'":
            raise ValueError(token)
        return token[1:-1]

    def _next(self) -> str:
        if self.is_done:
            raise StopIteration
        self.at += 1
        return self.tokens[self.at - 1]

    def _take(self, token: str) -> bool:
        if self.is_done or self.tokens[self.at] != token:
            return False
        self.at += 1
        return True

    def _want(self, token: str) -> None:
        if not self._take(token):
            raise ValueError(token)


def _tokens(expression: str) -> Iterator[str]:
    at, text = 0, expression.rstrip()
    while at < len(text):
        found = TOKEN.match(text, at)
        if found is None:
            raise ValueError(text[at:])
        yield found.group().strip()
        at = found.end()


def _holds(operator: str, value: str | None, wanted: list[str]) -> bool:
    """A label that is not there is none of a list, and not equal to anything."""
    match operator:
        case "==" | "in":
            return value in wanted
        case "!=" | "not in":
            return value not in wanted
        case "contains":
            return value is not None and wanted[0] in value
        case "starts with":
            return value is not None and value.startswith(wanted[0])
        case "ends with":
            return value is not None and value.endswith(wanted[0])
    raise ValueError(operator)
