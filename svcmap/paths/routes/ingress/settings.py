"""The ConfigMap of the ingress-nginx that serves a request, where the source has it and says whose it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from svcmap.model.config_maps import FOLLOWED, OF_NGINX
from svcmap.model.core import ConfigMap
from svcmap.model.group_kinds import CONFIG_MAP
from svcmap.model.refs import ObjectRef
from svcmap.model.state import ClusterState
from svcmap.semantics import ingress as rules
from svcmap.semantics.ingress.nginx_settings import DEFAULT, Settings, settings_from


class Known(NamedTuple):
    """The settings that are followed, and the keys of those that are not, each with its object."""

    settings: Settings = DEFAULT
    open_: Sequence[tuple[ObjectRef, str]] = ()


def nginx_settings(state: ClusterState) -> Known:
    """What is known of the controller's settings. Of several ConfigMaps, or classes, nobody knows which are whose."""

    def known() -> Known:
        maps = state.all(CONFIG_MAP, ConfigMap).values()
        found = [item for item in maps if not OF_NGINX.keys().isdisjoint(item.data)]
        every = [(item.ref, key) for item in found for key in OF_NGINX if key in item.data]
        classes = [
            name
            for name, item in state.ingress_classes.items()
            if rules.controller_of(item.spec.controller, name) is rules.INGRESS_NGINX
        ]
        if len(found) != 1 or len(classes) > 1:
            return Known(open_=every)
        values = {key: found[0].data[key] for key in FOLLOWED if key in found[0].data}
        settings = settings_from(values, f"ConfigMap {found[0].name}")
        return Known(settings, [(ref, key) for ref, key in every if key not in FOLLOWED])

    return state.remember("nginx_settings", None, known)
