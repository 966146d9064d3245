"""What annotations could do that svcmap does not work out: named, and the verdict then is unknown (CX-1 to CX-3)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from msgspec.structs import replace

from svcmap.model.config_maps import OF_NGINX, OF_OTHERS
from svcmap.model.core import ConfigMap
from svcmap.model.group_kinds import CONFIG_MAP
from svcmap.model.networking import Ingress
from svcmap.model.refs import ObjectRef
from svcmap.paths.known.class_params import params_of
from svcmap.paths.outcome import Undecided
from svcmap.paths.routes.ingress.entries import WORD
from svcmap.paths.routes.said import note_options, note_warning
from svcmap.paths.walk import Walk
from svcmap.semantics import ingress as rules
from svcmap.semantics.ingress.classes import CLASS_ANNOTATION
from svcmap.semantics.ingress.nginx_settings import ARGUMENTS

OFF = ("", "false")
"""Values by which an annotation asks for nothing."""
FOREIGN = "foreign-annotation"
FORMER = "ingress.kubernetes.io/"
"""The prefix of ingress-nginx before release 0.9."""


def note_annotations(walk: Walk, item: Ingress, shares_host: Sequence[Ingress], served: rules.ServedBy) -> None:
    """Those of the Ingress whose rule takes a request, and of others of its host what acts on all of that."""
    controller = rules.controller_of(served.controller, served.ingress_class)
    _note(walk, item.ref, item.metadata.annotations, controller)
    of_class = walk.state.ingress_classes.get(served.ingress_class)
    settings = of_class.spec.parameters if of_class else None
    if of_class is not None and settings is not None and params_of(walk.state, item) is None:
        could = f"are {settings.kind} {settings.name}, whose settings go before those of its Ingresses"
        walk.doubt(Undecided(object=of_class.ref, field="spec.parameters", could=could), WORD, "CX-4", refuses=False)
    note_warning(walk, item.ref, WORD)
    _note_options(walk, item, controller)
    _note_settings(walk, controller)
    for other in shares_host:
        if other.name != item.name and controller is not None:
            wide = {key: value for key, value in other.metadata.annotations.items() if controller.is_wide(key)}
            _note(walk, other.ref, wide, controller)


def _note_settings(walk: Walk, controller: rules.Controller | None) -> None:
    """CX-4: a ConfigMap that by its name and keys may be the one of NGINX Inc's controller, or of one of HAProxy."""
    part = controller.config_map if controller else ""
    for found in walk.state.all(CONFIG_MAP, ConfigMap).values() if part else ():
        if part in found.metadata.name and (keys := [key for key in OF_OTHERS[part] if key in found.data]):
            could = f"may be set for every Ingress of {controller.title if controller else part}"
            walk.doubt(Undecided(object=found.ref, field=f"data.{keys[0]}", could=could), WORD, "CX-4", refuses=True)


def _note_options(walk: Walk, item: Ingress, controller: rules.Controller | None) -> None:
    """Options of `--assume` for the controller: of ingress-nginx those that change nothing that svcmap evaluates are
    named, those of another one are not evaluated.
    """
    options = walk.assumptions.options_of(controller.title) if controller else {}
    if controller is rules.INGRESS_NGINX:
        if others := [key for key in options if key not in OF_NGINX and key not in ARGUMENTS]:
            walk.assume(f"{', '.join(others)} of ingress-nginx (--assume) changes nothing that svcmap evaluates")
    elif options:
        note_options(walk, item.ref, options, WORD)


def note_of_service(walk: Walk, ref: ObjectRef, annotations: Mapping[str, str], served: rules.ServedBy) -> None:
    """Those that some controllers read from the Service behind a rule. They are of no account to any other."""
    controller = rules.controller_of(served.controller, served.ingress_class)
    if controller is not None:
        own = {key: value for key, value in annotations.items() if controller.owns(key)}
        _note(walk, ref, own, controller)


def _note(walk: Walk, ref: ObjectRef, annotations: Mapping[str, str], controller: rules.Controller | None) -> None:
    for key, value in annotations.items():
        reader = controller or rules.by_annotation(key)
        if controller is rules.INGRESS_NGINX and key.startswith(FORMER):
            walk.warn(FOREIGN)
            walk.assume(f"{key} of {ref} does nothing: ingress-nginx reads {rules.INGRESS_NGINX.prefixes[0]} since 0.9")
            continue
        if reader is None or _asks_for_nothing(reader, key, value):
            continue
        if not reader.owns(key):
            _foreign(walk, ref, key, reader)
        elif not reader.is_about(key, walk.scheme):
            continue
        elif controller is None or not reader.evaluates(key):
            _unevaluated(walk, ref, key, reader)
            _note_verification(walk, ref, key, value, reader)


def _note_verification(walk: Walk, ref: ObjectRef, key: str, value: str, reader: rules.Controller) -> None:
    """CN-A17, CK-A10: a certificate of the pods that is verified may be refused; CH-A8: who answers a preflight."""
    name, could = key.rpartition("/")[2], ""
    if reader.effect_of(key) == "backend-tls" and name.endswith("verify") and value.strip().lower() in ("on", "true"):
        could = "has the certificate of the pods verified, which may fail"
    elif name.startswith("cors-") and walk.request.method == "OPTIONS" and reader.flavour != "nginx":
        could = "may have preflights answered by the controller itself"
    if could:
        field = f"metadata.annotations[{key}]"
        walk.doubt(Undecided(object=ref, field=field, could=could), WORD, "CX-3", refuses=False)


def _asks_for_nothing(reader: rules.Controller, key: str, value: str) -> bool:
    """Whether a value turns off what the annotation would do. Of some the false is what has an effect."""
    turned_off = value.strip().lower() in OFF
    return turned_off and (not value.strip() or reader.effect_of(key) not in ("listen", "rewrite", "route"))


def _foreign(walk: Walk, ref: ObjectRef, key: str, reader: rules.Controller) -> None:
    """CX-1: written for another controller, and of no account to this one."""
    if key != CLASS_ANNOTATION and (owner := rules.by_annotation(key)) is not None:
        walk.warn(FOREIGN)
        walk.assume(f"{key} of {ref} does nothing: {reader.title} serves it, and that is one of {owner.title}")


def _unevaluated(walk: Walk, ref: ObjectRef, key: str, reader: rules.Controller) -> None:
    effect = reader.effect_of(key)
    field = f"metadata.annotations[{key}]"
    if effect == "rewrite":
        walk.noted.append(Undecided(object=ref, field=field, could=rules.COULD[effect]))
        walk.proxied = replace(walk.proxied, path=None)
    elif effect is None:
        could = f"is one of {reader.title} that svcmap does not know"
        walk.doubt(Undecided(object=ref, field=field, could=could), WORD, "CX-3", refuses=False)
    elif effect in rules.DECIDES:
        walk.doubt(
            Undecided(object=ref, field=field, could=rules.COULD[effect]), WORD, "CX-3", refuses=effect == "deny"
        )


def near(ingresses: Sequence[Ingress], path: str) -> Iterator[Ingress]:
    """Ingresses with a rule for every host that would take a path."""
    for item in ingresses:
        found = (t for t in rules.targets(item) if not t.host and not t.to_default)
        if any(rules.path_matches(target.path, target.path_type, path) for target in found):
            yield item
