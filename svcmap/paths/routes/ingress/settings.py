"""The ConfigMap of the ingress-nginx that serves a request, where the source has it and says whose it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from svcmap.model.refs import ObjectRef
from svcmap.model.state import ClusterState
from svcmap.model.unread import FOLLOWED, Mention
from svcmap.semantics import ingress as rules
from svcmap.semantics.ingress.nginx_settings import DEFAULT, Settings, settings_from


class Known(NamedTuple):
    """The settings that are followed, and those that are not, each with its object."""

    settings: Settings = DEFAULT
    open_: Sequence[tuple[ObjectRef, Mention]] = ()


def nginx_settings(state: ClusterState) -> Known:
    """What is known of the controller's settings. Of several ConfigMaps, or classes, nobody knows which are whose."""

    def known() -> Known:
        found = [item for item in state.unread if item.settings]
        every = [(item.ref, key) for item in found for key in item.settings]
        classes = [
            name
            for name, item in state.ingress_classes.items()
            if rules.controller_of(item.spec.controller, name) is rules.INGRESS_NGINX
        ]
        if len(found) != 1 or len(classes) > 1:
            return Known(open_=every)
        values = {key.what: key.value for key in found[0].settings if key.what in FOLLOWED}
        settings = settings_from(values, f"ConfigMap {found[0].ref.own_name}")
        return Known(settings, [(ref, key) for ref, key in every if key.what not in FOLLOWED])

    return state.remember("nginx_settings", None, known)
