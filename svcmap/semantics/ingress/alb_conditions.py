"""Which requests a rule of an ALB takes: host, path, and what `conditions.SERVICE` adds (CA-7, CA-A3).

pkg/ingress/model_build_listener_rules.go and rule_condition types of aws-load-balancer-controller.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from svcmap.model.addresses import block_of, contains
from svcmap.model.networking import Ingress
from svcmap.patterns import matched_groups, search
from svcmap.semantics.ingress.tables import RuleTarget

BY_PATTERNS = ("host-header", "path-pattern", "http-header")
"""Fields of conditions that take regular expressions."""
BY_PATTERN = "alb.ingress.kubernetes.io/use-regex-path-match"
NAME = "alb.ingress.kubernetes.io/conditions."


class Asked(NamedTuple):
    """A request as the load balancer sees it. `path` is without the query, `addresses` are the client's: none where
    they are not known.
    """

    host: str
    path: str
    query: str = ""
    method: str = "GET"
    headers: Mapping[str, str] = {}
    addresses: Sequence[str] = ()


Condition = Mapping[str, Any]


def annotation_of(target: RuleTarget) -> str:
    """The annotation with the conditions of a rule, by the name of its backend."""
    backend = target.backend.as_service
    return f"{NAME}{backend.name}" if backend else NAME


def is_open(ingress: Ingress, target: RuleTarget) -> bool:
    """Whether more than its host and path says which requests a rule takes."""
    annotations = ingress.metadata.annotations
    by_pattern = annotations.get(BY_PATTERN, "").strip().lower() == "true"
    return annotation_of(target) in annotations or (by_pattern and target.path_type == "ImplementationSpecific")


def takes(annotations: Mapping[str, str], target: RuleTarget, asked: Asked) -> bool | None:
    """Whether a rule takes a request; None where its conditions, or the client's address, cannot be told."""
    conditions = _read(annotations.get(annotation_of(target), ""))
    if conditions is None:
        return None
    known = [item for item in conditions if _is_known(item)]
    by_pattern = annotations.get(BY_PATTERN, "").strip().lower() == "true"
    verdicts = [
        _host_fits(target, asked.host, known),
        _path_fits(target, asked.path, known, by_pattern=by_pattern),
        *(HELD[item["field"]](item, asked) for item in known if item["field"] in HELD),
        *(None for item in conditions if item not in known),
    ]
    return False if False in verdicts else None if None in verdicts else True


def _any(verdicts: Sequence[bool | None]) -> bool | None:
    return True if True in verdicts else None if None in verdicts else False


def _patterns(conditions: Sequence[Condition], field: str, text: str) -> list[bool | None]:
    """What the regular expressions of a field say of a text, one by one."""
    patterns = [
        value for item in conditions if item["field"] == field for value in _config(item).get("regexvalues", [])
    ]
    return [_is_found(str(pattern), text) for pattern in patterns]


def _is_found(pattern: str, text: str) -> bool | None:
    """Whether a regular expression takes a text: where it is found in a part of it only, nobody here knows."""
    whole = matched_groups(pattern, text, whole=True)
    found = search(pattern, text)
    if whole is not None:
        return True
    return False if found is not None and not found.is_there else None


def _host_fits(target: RuleTarget, host: str, known: Sequence[Condition]) -> bool | None:
    hosts = [*([target.host] if target.host else []), *_values(known, "host-header")]
    by_pattern = _patterns(known, "host-header", host)
    return True if not hosts and not by_pattern else _any([*(_is_like(host, name) for name in hosts), *by_pattern])


def _path_fits(target: RuleTarget, path: str, known: Sequence[Condition], *, by_pattern: bool) -> bool | None:
    """CA-7: a Prefix is by segments, any other path but an Exact one a glob, or with use-regex-path-match a regular
    expression behind its first character; paths of conditions are further ones, and the only ones of a rule without a
    path.
    """
    globs = (_globs(path, pattern) for pattern in _values(known, "path-pattern"))
    added = [*globs, *_patterns(known, "path-pattern", path)]
    if added and not target.path:
        return _any(added)
    return _any([_own_path_fits(target, path, by_pattern=by_pattern), *added])


def _own_path_fits(target: RuleTarget, path: str, *, by_pattern: bool) -> bool | None:
    if target.path_type == "Exact":
        return path == target.path
    if target.path_type == "Prefix":
        stem = target.path.rstrip("/")
        return not stem or path == stem or path.startswith(f"{stem}/")
    if by_pattern and target.path:
        return _is_found(target.path[1:], path)
    return not target.path or _globs(path, target.path)


def _globs(text: str, pattern: str) -> bool:
    """A glob of an ALB: `*` is any text, `?` one character, and no other sign is special."""
    return fnmatchcase(text, pattern.replace("[", "[[]"))


def _read(text: str) -> list[Condition] | None:
    """The conditions of an annotation; None where it is no list of any."""
    if not text.strip():
        return []
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    is_list = isinstance(found, list) and all(isinstance(item, dict) for item in found)
    return found if is_list else None


def _is_known(item: Condition) -> bool:
    """Whether a condition is of a known kind, and has a list of values, or of regular expressions."""
    if item.get("field") not in (*HELD, "host-header", "path-pattern"):
        return False
    config = _config(item)
    keys = ("values", "regexvalues") if item["field"] in BY_PATTERNS else ("values",)
    lists = [config[key] for key in keys if key in config]
    return bool(lists) and all(isinstance(found, list) for found in lists)


def _config(item: Condition) -> dict[str, Any]:
    """What a condition asks, by lower-case keys: `httpHeaderConfig` of the field `http-header`."""
    name = f"{str(item['field']).replace('-', '')}config"
    found = next((value for key, value in item.items() if str(key).lower() == name), None)
    return {str(key).lower(): value for key, value in found.items()} if isinstance(found, dict) else {}


def _values(conditions: Sequence[Condition], field: str) -> list[str]:
    return [str(value) for item in conditions if item["field"] == field for value in _config(item).get("values", [])]


def _is_like(text: str, pattern: str) -> bool:
    return _globs(text.lower(), pattern.lower())


def _by_header(item: Condition, asked: Asked) -> bool | None:
    wanted = str(_config(item).get("httpheadername", "")).lower()
    if not wanted:
        return None
    found = [value for name, value in asked.headers.items() if name.lower() == wanted]
    config = _config(item)
    likes = [_is_like(value, str(pattern)) for value in found for pattern in config.get("values", [])]
    return _any([*likes, *(_is_found(str(p), value) for value in found for p in config.get("regexvalues", []))])


def _by_method(item: Condition, asked: Asked) -> bool | None:
    return asked.method in _config(item)["values"]


def _by_query(item: Condition, asked: Asked) -> bool | None:
    given = parse_qsl(asked.query, keep_blank_values=True)
    wanted = [pair for pair in _config(item)["values"] if isinstance(pair, dict)]
    return any(
        _is_like(value, str(pair.get("value", ""))) and (not pair.get("key") or _is_like(key, str(pair["key"])))
        for key, value in given
        for pair in wanted
    )


def _by_address(item: Condition, asked: Asked) -> bool | None:
    blocks = [block_of(str(value)) for value in _config(item)["values"]]
    if not asked.addresses or None in blocks:
        return None
    return any(contains(block, ip) for block in blocks if block is not None for ip in asked.addresses)


HELD: Mapping[str, Callable[[Condition, Asked], bool | None]] = {
    "http-header": _by_header,
    "http-request-method": _by_method,
    "query-string": _by_query,
    "source-ip": _by_address,
}
"""By the field of a condition: whether a request is as it asks."""


class Sample(NamedTuple):
    """What a request has to have beside host and path so that the conditions of a rule take it."""

    method: str = "GET"
    query: str = ""
    headers: Mapping[str, str] = {}


def sample(annotations: Mapping[str, str], target: RuleTarget) -> Sample:
    """A request that is as the conditions of a rule ask, as far as they can be read."""
    made = Sample()
    for item in _read(annotations.get(annotation_of(target), "")) or ():
        values = _config(item).get("values", []) if _is_known(item) else []
        match item.get("field"), values[:1]:
            case "http-request-method", [str(method)]:
                made = made._replace(method=method)
            case "http-header", [str(value)]:
                name = str(_config(item).get("httpheadername", ""))
                made = made._replace(headers={**made.headers, name: _like(value)})
            case "query-string", [dict(pair)]:
                word = f"{_like(str(pair.get('key') or 'any'))}={_like(str(pair.get('value', '')))}"
                made = made._replace(query=f"{made.query}&{word}".removeprefix("&"))
    return made


def _like(pattern: str) -> str:
    return pattern.replace("*", "x").replace("?", "x")
