"""Plain data of one document to objects of the model, with a `LoadIssue` for every part that does not fit."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec.structs import replace

from svcmap.model.base import KubernetesObject
from svcmap.model.core import ConfigMap, Service
from svcmap.model.group_kinds import SECRET, group_kind
from svcmap.model.kinds import KINDS, Kind, is_foreign_policy
from svcmap.model.refs import GroupKind, ObjectRef
from svcmap.model.unread import unread_of
from svcmap.sources.base import Gathering, Origin, Path
from svcmap.sources.fields import check_fields
from svcmap.sources.hints import SLASHES, SLASHES_HINT
from svcmap.sources.nulls import without_nulls

MAX_REPAIRS = 200
ERROR = re.compile(r"(?P<what>.*?) - at `(?P<key>key` in `)?\$(?P<path>[^`]*)`$", re.DOTALL)
STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]|(\[\.\.\.\])")
EXPECTED = re.compile(r"Expected `([^`]*)`(?:, got `([^`]*)`)?")
NULLS = ("null", "Null", "NULL", "~")
TEXT = ("str", "str | null")
WORDS = {
    "int": "a whole number",
    "str": "text",
    "bool": "true or false",
    "object": "a mapping",
    "array": "a list",
    "null": "nothing",
    "float": "a number with a fraction",
    "int | str | null": "a number or a name",
}


def decode(value: Any, origin: Origin, gathering: Gathering, item_lines: Sequence[int] = ()) -> None:
    """Take the objects of one document into `gathering`; what is no object is skipped and counted, or named.

    `item_lines` are the lines of its items, if it is a list of objects.
    """
    if value is None:
        return
    if not isinstance(value, dict):
        what = "a list" if isinstance(value, list) else "plain text" if isinstance(value, str) else "a bare value"
        gathering.issue(f"not a Kubernetes object: {what}", origin, lost=False)
        return
    api_version, kind = value.get("apiVersion"), value.get("kind")
    if not isinstance(kind, str) or not isinstance(api_version, str):
        _no_kind(value, origin, gathering)
        return
    if kind.endswith("List") and isinstance(value.get("items"), list):
        _decode_list(value, api_version, kind.removesuffix("List"), origin, gathering, item_lines)
        return
    of_kind = group_kind(api_version, kind)
    known = KINDS.get(of_kind)
    if known is None:
        gathering.skipped[of_kind] += 1
        if is_foreign_policy(of_kind):
            gathering.foreign_policies.append(_custom_ref(of_kind, value, gathering))
        if of_kind.is_custom:
            gathering.custom.append(_custom_ref(of_kind, value, gathering))
        unread = unread_of(of_kind, value, gathering.namespace)
        gathering.unread += [unread] if unread else []
        return
    _decode_object(value, known, of_kind, origin, gathering)


def _custom_ref(kind: GroupKind, value: dict[str, Any], gathering: Gathering) -> ObjectRef:
    metadata = value.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    return kind.ref(str(metadata.get("namespace") or gathering.namespace), str(metadata.get("name") or ""))


def _no_kind(value: dict[str, Any], origin: Origin, gathering: Gathering) -> None:
    missing = " and ".join(k for k in ("apiVersion", "kind") if not isinstance(value.get(k), str))
    if isinstance(value.get("kind"), (dict, list)) or ("kind" in value and "metadata" in value):
        gathering.issue(f"{missing} must be text", origin)
    elif isinstance(spec := value.get("spec"), dict) and spec.keys() & {"selector", "ports", "rules"}:
        fields = ", ".join(f"spec.{key}" for key in spec)
        gathering.issue(f"a fragment of an object ({fields}): {missing} missing", origin, lost=False)
    else:
        gathering.issue(f"not a Kubernetes object: {missing} missing", origin, lost=False)
        gathering.skipped[GroupKind("", "(no kind)")] += 1


def _decode_list(
    value: dict[str, Any], api_version: str, kind: str, origin: Origin, gathering: Gathering, lines: Sequence[int]
) -> None:
    for index, item in enumerate(value["items"]):
        if kind and isinstance(item, dict):
            # Items of a typed list (ServiceList) leave out what the list says for all of them.
            item = {"apiVersion": api_version, "kind": kind, **item}
        decode(item, origin.item(index, lines[index] if index < len(lines) else 0), gathering)


def _decode_object(
    value: dict[str, Any], known: Kind, of_kind: GroupKind, origin: Origin, gathering: Gathering
) -> None:
    kind = str(of_kind)
    metadata = value.get("metadata")
    if not isinstance(metadata, dict):
        gathering.issue(f"{kind} without metadata.name", origin, item=kind)
        return
    for key in ("name", "namespace"):
        if metadata.get(key) is not None and not isinstance(metadata[key], str):
            mark = origin.at(("metadata", key))
            written = mark.source if mark and mark.source else "it"
            gathering.issue(f'{kind}: metadata.{key} must be text: quote it ("{written}")', origin, mark, item=kind)
            return
    name = metadata.get("name")
    if not name:
        if not metadata.get("generateName"):
            gathering.issue(f"{kind} without metadata.name", origin, origin.at(("metadata",)), item=kind)
            return
        name = f"{metadata['generateName']}*"
    namespace = metadata.get("namespace")
    if not known.namespaced:
        namespace = ""
    elif not namespace:
        namespace = gathering.namespace
    value = {**value, "metadata": {**metadata, "name": name, "namespace": namespace}}
    if of_kind == SECRET:
        value = {key: value[key] for key in ("apiVersion", "kind", "metadata", "type") if key in value}
    label = "/".join(part for part in (kind, namespace, name) if part)
    check_fields(value, known.type, label, origin, gathering)
    removed = _without_number(value, known, label, origin, gathering)
    item = _convert(value, known.type, label, origin, gathering, removed)
    if isinstance(item, ConfigMap) and not item.says_something:
        gathering.skipped[of_kind] += 1
    elif item is not None:
        gathering.add(_without_nothings(item, removed), origin)


def _without_nothings(item: KubernetesObject, removed: Sequence[Path]) -> KubernetesObject:
    """A Service without the ports whose numbers could not be read: a default must not become a fact."""
    of_ports = (path for path in removed if path[:2] == ("spec", "ports"))
    broken = {path[2] for path in of_ports if path[3:] in (("port",), ("targetPort",))}
    if not broken or not isinstance(item, Service):
        return item
    ports = [port for index, port in enumerate(item.spec.ports) if index not in broken]
    return replace(item, spec=replace(item.spec, ports=type(item.spec.ports)(ports)))


def _without_number(value: dict[str, Any], known: Kind, label: str, origin: Origin, gathering: Gathering) -> list[Path]:
    """The ports of a Service that have no number, which the API requires (k8s:pkg/apis/core/validation): said here."""
    spec = value.get("spec") if known.type is Service else None
    ports = spec.get("ports") if isinstance(spec, dict) else None
    missing: list[Path] = []
    for index, port in enumerate(ports if isinstance(ports, list) else ()):
        if isinstance(port, dict) and port.get("port") is None:
            path: Path = ("spec", "ports", index)
            missing.append((*path, "port"))
            says = f"{label}: {format_path(path)} has no port, which is required; it is left out"
            gathering.issue(says, origin, origin.at(path), item=label)
    return missing


def _convert(
    value: dict[str, Any],
    type_: type[KubernetesObject],
    label: str,
    origin: Origin,
    gathering: Gathering,
    removed: list[Path],
) -> KubernetesObject | None:
    """Convert, and on a field of the wrong type drop that field, say so, and try again."""
    try:
        return msgspec.convert(value, type_)
    except msgspec.ValidationError:
        value = without_nulls(value)
    for _ in range(MAX_REPAIRS):
        try:
            return msgspec.convert(value, type_)
        except msgspec.ValidationError as error:
            if not _repair(value, str(error), label, origin, gathering, removed):
                return None
    gathering.issue(f"{label}: more than {MAX_REPAIRS} fields of the wrong type", origin, item=label)
    return None


def _repair(
    value: dict[str, Any], message: str, label: str, origin: Origin, gathering: Gathering, removed: list[Path]
) -> bool:
    match = ERROR.match(message)
    steps = _steps(match["path"]) if match else []
    if match is None or not steps:
        gathering.issue(f"{label}: {message}", origin, item=label)
        return False
    if steps[-1] is None:
        _repair_map(value, tuple(s for s in steps[:-1] if s is not None), label, origin, gathering)
        return True
    path = tuple(step for step in steps if step is not None)
    *parents, last = path
    parent: Any = value
    for step in parents:
        parent = parent[step]
    wrong = parent[last]
    expected = EXPECTED.match(match["what"])
    if expected and expected[1] in TEXT and (written := _as_written(wrong, path, label, origin, gathering)):
        parent[last] = written
        return True
    del parent[last]
    removed.append(path)
    hint = f"; {SLASHES_HINT}" if isinstance(wrong, str) and SLASHES.search(wrong) else ""
    says = f"{label}: {format_path(path)} {_explain(match['what'], wrong)}; the field is left out{hint}"
    gathering.issue(says, origin, origin.at(path), item=label)
    return True


def _repair_map(value: dict[str, Any], path: Path, label: str, origin: Origin, gathering: Gathering) -> None:
    """Values of a map of text that are no text: kubectl refuses them, so keep what was written and say "quote it"."""
    target: Any = value
    for step in path:
        target = target[step]
    for key, item in list(target.items()):
        if isinstance(item, str):
            continue
        place = (*path, key)
        if written := _as_written(item, place, label, origin, gathering):
            target[key] = written
            continue
        del target[key]
        says = f"{label}: {format_path(place)} must be text; the entry is left out"
        gathering.issue(says, origin, origin.at(place), item=label)


def _as_written(item: Any, path: Path, label: str, origin: Origin, gathering: Gathering) -> str | None:
    """A number where text has to be, as the file has it; None for anything else. Without it a rule of a host or a
    path would be one for all of them.
    """
    if not isinstance(item, (bool, int, float)):
        return None
    mark = origin.at(path)
    # Without a place, or with that of a null that was taken out before it, what it means has to do.
    known = mark is not None and mark.source and mark.source not in NULLS
    written = mark.source if mark and known else json.dumps(item)
    kind = "true or false" if isinstance(item, bool) else "a number"
    says = f'{label}: {format_path(path)}: {written} is read as {kind}, not text: quote it ("{written}")'
    gathering.issue(says, origin, mark, item=label, lost=False)
    return written


def _steps(path: str) -> list[str | int | None]:
    """`.spec.ports[0].port` → ["spec", "ports", 0, "port"]; None stands for "some key of this map"."""
    return [name or (int(number) if number else None) for name, number, _anything in STEP.findall(path)]


def format_path(path: Path) -> str:
    """`spec.ports[0].port`, as kubectl writes a field."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).lstrip(".")


def _explain(what: str, wrong: Any) -> str:
    match = EXPECTED.match(what)
    if not match:
        return what
    wanted = WORDS.get(match[1], match[1])
    shown = repr(wrong) if isinstance(wrong, (str, int, float)) else WORDS.get(match[2] or "", "something else")
    return f"must be {wanted}, not {shown[:60]}"
