"""What command lines of controllers in the source say: their arguments, and who serves Ingresses without a class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from svcmap.model.components import CLASSES, CONTOUR, INGRESS_NGINX, TRAEFIK, flag
from svcmap.model.group_kinds import WORKLOADS
from svcmap.model.reads import reads
from svcmap.model.state import ClusterState
from svcmap.paths.known.command_lines import CommandLine, command_lines
from svcmap.semantics import ingress
from svcmap.semantics.ingress.known import CONTROLLERS
from svcmap.semantics.ingress.nginx_settings import Arguments, arguments_from
from svcmap.semantics.ingress.traefik_arguments import Arguments as TraefikArguments
from svcmap.semantics.ingress.traefik_arguments import arguments_from as traefik_from

GIVEN = "options of ingress-nginx"
"""What is said of it beforehand (`settle`)."""
ADOPTING = {"traefik": TRAEFIK, "Contour": CONTOUR}
"""Controllers that serve Ingresses without a class unless they are told one, and what they run (CX-11, CX-17)."""


def nginx_arguments(state: ClusterState) -> Sequence[tuple[CommandLine, Arguments]]:
    """The command lines of the ingress-nginx controllers in the source, and what they say."""

    def found() -> Sequence[tuple[CommandLine, Arguments]]:
        lines = command_lines(state, INGRESS_NGINX)
        return [(line, arguments_from(line.words, line.ref.namespace)) for line in lines]

    return state.remember("nginx_arguments", None, found, reads(*WORKLOADS))


def traefik_arguments(state: ClusterState) -> tuple[CommandLine, TraefikArguments] | None:
    """The command line of Traefik and what it says; None where the source has none, or several."""

    def found() -> tuple[CommandLine, TraefikArguments] | None:
        lines = command_lines(state, TRAEFIK)
        return (lines[0], traefik_from(lines[0].words)) if len(lines) == 1 else None

    return state.remember("traefik_arguments", None, found, reads(*WORKLOADS))


def adopting(state: ClusterState) -> str:
    """The class of a controller that serves Ingresses without one; empty where none is known to."""
    return _told_to(state) or next((name for title in ADOPTING if (name := _by_default(state, title))), "")


def _told_to(state: ClusterState) -> str:
    """That of an ingress-nginx with --watch-ingress-without-class; what somebody says of it beforehand goes first."""
    options: Mapping[str, str] = state.remember(GIVEN, None, dict)
    words = [f"--{key}={value}" for key, value in options.items()]
    lines = [(line.words, line.ref.namespace) for line, _ in nginx_arguments(state)] or ([((), "")] if words else [])
    for arguments in (arguments_from([*own, *words], namespace) for own, namespace in lines):
        if arguments.adopts:
            classes = state.ingress_classes.items()
            known = (name for name, item in classes if item.spec.controller == arguments.controller)
            return next(known, arguments.class_name)
    return ""


def _by_default(state: ClusterState, title: str) -> str:
    """That of a controller in the source which is told no class, or whose class is there and nothing else of it."""
    lines = command_lines(state, ADOPTING[title])
    if title == "traefik":
        told = any(traefik_from(line.words).ingress_class for line in lines)
    else:
        told = any(flag(line.words, *CLASSES) for line in lines)
    classes = state.ingress_classes.items()
    known = ((name, ingress.controller_of(item.spec.controller, name)) for name, item in classes)
    name = next((name for name, by in known if by is not None and by.title == title), "")
    return "" if told else name or (_usual(title) if lines else "")


def _usual(title: str) -> str:
    return next(by.classes[0] for by in CONTROLLERS if by.title == title)
