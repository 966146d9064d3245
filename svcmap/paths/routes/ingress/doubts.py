"""What annotations could do that svcmap does not work out: named, and the verdict then is unknown (CX-1 to CX-3)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from msgspec.structs import replace

from svcmap.clean_paths import is_clean
from svcmap.model.config_maps import OF_NGINX, OF_OTHERS
from svcmap.model.core import ConfigMap
from svcmap.model.group_kinds import CONFIG_MAP, INGRESS, INGRESS_CLASS
from svcmap.model.networking import Ingress
from svcmap.model.refs import Name, ObjectRef
from svcmap.paths.known.class_params import params_of
from svcmap.paths.known.look_ups import find_service
from svcmap.paths.outcome import Undecided
from svcmap.paths.routes.ingress.alb_faults import note_group_faults
from svcmap.paths.routes.ingress.entries import WORD
from svcmap.paths.routes.ingress.entry_points import entry_point_of
from svcmap.paths.routes.ingress.settings import nginx_settings
from svcmap.paths.routes.ingress.tables import table_of
from svcmap.paths.routes.said import note_options, note_warning
from svcmap.paths.walk import Walk
from svcmap.semantics import ingress as rules
from svcmap.semantics.ingress import nginx, traefik
from svcmap.semantics.ingress.classes import CLASS_ANNOTATION
from svcmap.semantics.ingress.nginx_settings import ANNOTATIONS_PREFIX, ARGUMENTS, Settings

ORDERED = ("nginx", "alb", "nginx-inc", "gce", "")
"""Controllers that say which of two equal rules they take; of one that is not known the older Ingress goes first."""
OFF = ("", "false")
"""Values by which an annotation asks for nothing."""
OF_CLIENTS = ("use-forwarded-headers", "enable-real-ip")
"""Settings that say where the client's address and scheme are read from."""
DEFAULT_SETTINGS = "ingress-nginx has its default settings: its ConfigMap was not read"
FOREIGN = "foreign-annotation"


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
    if rules.flavour(served) == "nginx":
        known = nginx_settings(walk, item)
        if known.ref is not None and known.arguments.annotations_prefix != ANNOTATIONS_PREFIX:
            could = f"is {known.arguments.annotations_prefix}: annotations with another beginning do nothing"
            undecided = Undecided(object=known.ref, field="--annotations-prefix", could=could)
            walk.doubt(undecided, WORD, "CN-50", refuses=False)
        if walk.state.is_of_cluster and not known.is_read:
            walk.assume(DEFAULT_SETTINGS)
        for ref, key in known.open_:
            if key in OF_CLIENTS and not _asks_for_client(walk, item, known.settings):
                continue
            could = f"sets {key} for every Ingress of its controller"
            walk.doubt(Undecided(object=ref, field=f"data.{key}", could=could), WORD, "CX-4", refuses=False)
    if rules.flavour(served) == "traefik" and traefik.is_on(item, walk.scheme, point=entry_point_of(walk).name) is None:
        field = f"metadata.annotations[{traefik.PREFIX}router.entrypoints]"
        could = "names entry points whose ports are not known"
        walk.doubt(Undecided(object=item.ref, field=field, could=could), WORD, "CX-3", refuses=False)
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


def _asks_for_client(walk: Walk, item: Ingress, settings: Settings) -> bool:
    """Whether the client's address, or its scheme before a load balancer that ends TLS, decides about a request."""
    return bool(walk.tls_ended or nginx.allowed(item, settings) or nginx.refused(item, settings))


def note_reading(
    walk: Walk, item: Ingress, taken: rules.Match, main: Sequence[Ingress], served: rules.ServedBy
) -> None:
    """Rules of a controller that reads some of them in its own way, which svcmap does not know (controllers.md 0.2)."""
    controller = rules.controller_of(served.controller, served.ingress_class)
    if rules.flavour(served) == "gce":
        _note_blocked(walk, item, served)
    elif rules.flavour(served) == "alb":
        note_group_faults(walk, main or [item], served, taken.target)
    if taken.equal and taken.target is not None and rules.flavour(served) not in ORDERED:
        rivals = ", ".join(map(str, dict.fromkeys(taken.equal)))
        could = f"has a rule as good as one of {rivals}: which of them is taken is left open"
        undecided = Undecided(object=INGRESS.ref(*taken.target.owner), field="spec.rules", could=could)
        walk.doubt(undecided, WORD, "CX-4", refuses=False)
    if (
        controller is not None
        and controller.cleaning == "unknown"
        and not is_clean(walk.request.path.partition("?")[0])
    ):
        could = f"are compared with a path that {controller.title} may clean first, in its own way"
        walk.doubt(Undecided(object=item.ref, field="spec.rules", could=could), WORD, "CX-4", refuses=False)
    if controller is not None and controller.is_closed:
        could = f"is {served.controller} ({controller.title}), whose ways are its own"
        undecided = Undecided(object=INGRESS_CLASS.ref("", served.ingress_class), field="spec.controller", could=could)
        walk.doubt(undecided, WORD, "CX-4", refuses=False)
    if controller is None and served.controller:
        walk.assume(f"controller {served.controller} is not known: it reads rules as the API text says")
    elif controller is None and served.ingress_class:
        walk.assume(
            f"IngressClass {served.ingress_class} is not in the source: its rules are read as the API text says"
        )
    if controller is None or rules.flavour(served) or controller.is_closed:
        return
    host = walk.request.authority
    every = (target for one in main for target in table_of(walk.state, one).targets)
    written = [target for target in every if target.is_default or rules.host_specificity(target.host, host)]
    odd = next((target for target in written if target.path_type == "ImplementationSpecific"), None)
    best = max((rules.host_specificity(target.host, host) for target in written), default=0)
    others = [t for t in written if t.is_default or not t.host or rules.host_specificity(t.host, host) < best]
    what = ""
    if odd is not None:
        what = f"path {odd.path or '/'} of type ImplementationSpecific"
    elif others and (taken.target is None or taken.target.to_default):
        what = "whether rules of wider hosts, and default backends, take what no rule of the host does"
    if what:
        could = f"is read by {controller.title} in its own way: {what}"
        undecided = Undecided(object=item.ref, field="spec.rules", could=could)
        walk.doubt(undecided, WORD, "CX-4", refuses=False)


def _note_blocked(walk: Walk, item: Ingress, served: rules.ServedBy) -> None:
    """CG-4: one backend that cannot be used blocks the whole Ingress; what the load balancer had before stays."""

    def broken() -> rules.RuleTarget | None:
        for target in table_of(walk.state, item).targets:
            backend = target.backend.as_service
            service = find_service(walk.state, Name(item.metadata.namespace, backend.name)) if backend else None
            if not backend or not service or rules.backend_port(service, backend, served)[0] is None:
                return target
        return None

    target = walk.state.remember("blocking_backend", item.name, broken)
    if target is not None:
        could = f"leads to nothing at {target.text}: the load balancer then takes over nothing of the whole Ingress"
        field = ".".join(map(str, target.field))
        walk.doubt(Undecided(object=item.ref, field=field, could=could), WORD, "CX-6", refuses=False)


def note_of_service(walk: Walk, ref: ObjectRef, annotations: Mapping[str, str], served: rules.ServedBy) -> None:
    """Those that some controllers read from the Service behind a rule. They are of no account to any other."""
    controller = rules.controller_of(served.controller, served.ingress_class)
    if controller is not None:
        own = {key: value for key, value in annotations.items() if controller.owns(key)}
        _note(walk, ref, own, controller)


def _note(walk: Walk, ref: ObjectRef, annotations: Mapping[str, str], controller: rules.Controller | None) -> None:
    for key, value in annotations.items():
        reader = controller or rules.by_annotation(key)
        if reader is None or _asks_for_nothing(reader, key, value):
            continue
        if not reader.owns(key):
            _foreign(walk, ref, key, reader)
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
