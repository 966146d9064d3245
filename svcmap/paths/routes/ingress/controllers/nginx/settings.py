"""How the ingress-nginx that serves a request is configured, where the source has it and says whose it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from svcmap.model.components import INGRESS_NGINX
from svcmap.model.config_maps import FOLLOWED, OF_INGRESS_NGINX, OF_NGINX
from svcmap.model.core import ConfigMap
from svcmap.model.group_kinds import CONFIG_MAP, INGRESS_CLASS, WORKLOADS
from svcmap.model.labels import fits_namespace, parse_selector
from svcmap.model.networking import Ingress
from svcmap.model.reads import reads
from svcmap.model.refs import ObjectRef
from svcmap.model.state import ClusterState
from svcmap.paths.known.controller_arguments import nginx_arguments
from svcmap.paths.known.look_ups import labels_of_namespace, served_by
from svcmap.paths.walk import Walk
from svcmap.semantics import ingress as rules
from svcmap.semantics.ingress.nginx_settings import DEFAULT, Arguments, Settings, arguments_from, settings_from

GIVEN = "--assume"
RESTS_ON = reads(CONFIG_MAP, INGRESS_CLASS, *WORKLOADS)


class Known(NamedTuple):
    """The settings that are followed, the keys of those that are not, each with its object, and the arguments of the
    controller with the workload that has them. `is_read`: its ConfigMap is in the source, or it has none. `values` and
    `words` are what settings and arguments were made of; `is_given`: not by an object of the source.
    """

    settings: Settings = DEFAULT
    open_: Sequence[tuple[ObjectRef, str]] = ()
    arguments: Arguments = Arguments()
    ref: ObjectRef | None = None
    is_read: bool = False
    values: Mapping[str, str] = {}
    words: Sequence[str] = ()
    is_given: bool = False

    @property
    def told(self) -> str:
        """Who has the arguments, in a sentence."""
        return "ingress-nginx, as --assume gives it," if self.is_given else str(self.ref)


def nginx_settings(walk: Walk, ingress: Ingress) -> Known:
    """What is known of the controller of an Ingress. Of several controllers, classes or ConfigMaps, nobody knows which
    are whose, unless arguments say so.
    """
    state, served = walk.state, served_by(walk.state, ingress)
    key = served.controller, served.ingress_class
    found: Known = state.remember("nginx_settings", key, lambda: _known(state, *key), RESTS_ON)
    given = walk.assumptions.options_of(INGRESS_NGINX)
    return _as_given(state, found, given, served.ingress_class) if given else found


def _as_given(state: ClusterState, found: Known, given: Mapping[str, str], class_name: str) -> Known:
    """What `--assume` says (`controllers: {ingress-nginx: {...}}`) over what is found, key by key: of the ConfigMap and
    the arguments. What is not evaluated, and is not the default, stays a doubt.
    """
    ref = found.ref or INGRESS_CLASS.ref("", class_name)
    words = [f"--{key}={value}" for key, value in given.items() if key not in OF_NGINX]
    arguments = arguments_from([*found.words, *words], found.ref.namespace if found.ref else "")
    if "configmap" in given and arguments.config_map is not None:
        named = state.all(CONFIG_MAP, ConfigMap).get(arguments.config_map)
        found = _of(named, found.ref, arguments, found.words)
    values = dict(found.values) | {key: value for key, value in given.items() if key in FOLLOWED}
    open_ = [pair for pair in found.open_ if pair[1] not in given]
    open_ += [(ref, key) for key, value in given.items() if key not in FOLLOWED and value != OF_NGINX.get(key, value)]
    given_list = any(key in given for key in ("whitelist-source-range", "denylist-source-range"))
    where, owner = (
        (found.settings.where, found.settings.ref) if found.settings.where and not given_list else (GIVEN, None)
    )
    known = found.ref if not words else ref
    return found._replace(
        settings=settings_from(values, where, owner),
        open_=open_,
        arguments=arguments,
        ref=known,
        is_read=True,
        is_given=found.ref is None and bool(words),
    )


def _known(state: ClusterState, controller: str, class_name: str) -> Known:
    mine = [(line, found) for line, found in nginx_arguments(state) if found.serves(controller, class_name)]
    line, arguments = mine[0] if len(mine) == 1 else (None, Arguments())
    ref, words = (line.ref, line.words) if line else (None, ())
    maps = state.all(CONFIG_MAP, ConfigMap)
    if ref is not None and arguments.config_map is not None:
        named = maps.get(arguments.config_map)
        return _of(named, ref, arguments, words)
    found = [item for item in maps.values() if _is_for_nginx(item)]
    if len(found) != 1 or len(_classes(state)) > 1:
        every = [(item.ref, key) for item in found for key in OF_NGINX if key in item.data]
        return Known(open_=every, arguments=arguments, ref=ref, words=words)
    return _of(found[0], ref, arguments, words)


def _is_for_nginx(found: ConfigMap) -> bool:
    return found.metadata.name in OF_INGRESS_NGINX or not OF_NGINX.keys().isdisjoint(found.data)


def _classes(state: ClusterState) -> list[str]:
    """The classes of ingress-nginx."""
    return [
        name
        for name, item in state.ingress_classes.items()
        if rules.controller_of(item.spec.controller, name) is rules.INGRESS_NGINX
    ]


def _of(found: ConfigMap | None, ref: ObjectRef | None, arguments: Arguments, words: Sequence[str]) -> Known:
    if found is None:
        return Known(arguments=arguments, ref=ref, words=words)
    values = {key: found.data[key] for key in FOLLOWED if key in found.data}
    open_ = [(found.ref, key) for key in OF_NGINX if key in found.data and key not in FOLLOWED]
    settings = settings_from(values, f"ConfigMap {found.name}", found.ref)
    return Known(settings, open_, arguments, ref, is_read=True, values=values, words=words)


def is_watched(state: ClusterState, arguments: Arguments, namespace: str) -> bool | None:
    """Whether a controller looks at the Ingresses of a namespace; None where labels decide that were not read."""
    if arguments.watched:
        return namespace == arguments.watched
    if not arguments.selector:
        return True
    try:
        selector = parse_selector(arguments.selector)
    except ValueError:
        return None
    return fits_namespace(selector, namespace, labels_of_namespace(state, namespace))
