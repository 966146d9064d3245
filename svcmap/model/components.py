"""Components of a cluster whose arguments are read, and what is in a command line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

KUBE_PROXY, NODE_LOCAL_DNS, INGRESS_NGINX = "kube-proxy", "node-local-dns", "ingress-nginx"
AWS_CONTROLLER, TRAEFIK = "aws-load-balancer-controller", "traefik"
OF_TRAEFIK = ("entrypoints.", "providers.kubernetes")
"""Beginnings of the flags of Traefik that are read: others may have secrets."""
PROGRAMS = {
    "kube-proxy": KUBE_PROXY,
    "node-cache": NODE_LOCAL_DNS,
    "k8s-dns-node-cache": NODE_LOCAL_DNS,
    "nginx-ingress-controller": INGRESS_NGINX,
    AWS_CONTROLLER: AWS_CONTROLLER,
    TRAEFIK: TRAEFIK,
    "mirrored-library-traefik": TRAEFIK,
}
"""Names of programs, and of images that have no other: the last part of what they are called."""
OF_INGRESS_NGINX = "ingress-nginx/controller"
"""Its image, in whatever registry; the last part alone would be anybody's."""


@lru_cache(maxsize=4096)
def component_of(image: str, programs: tuple[str, ...]) -> str:
    """The component that a container runs, by its image or the program it starts; empty where it is none of these."""
    name = image.partition("@")[0]
    path = name[: name.rindex(":")] if ":" in name.rpartition("/")[2] else name
    if path.removesuffix("-chroot").endswith(OF_INGRESS_NGINX):
        return INGRESS_NGINX
    for text in (path, *programs):
        if found := PROGRAMS.get(text.rpartition("/")[2]):
            return found
    return ""


def kept_words(component: str, words: tuple[str, ...]) -> tuple[str, ...]:
    """The words of a component's command line that are kept."""
    if component != TRAEFIK:
        return words
    return tuple(word for word in words if not word.startswith("-") or word.lstrip("-").lower().startswith(OF_TRAEFIK))


def flag(words: Sequence[str], *names: str) -> str | None:
    """The value of a flag in a command line, `true` where it has none; the last one counts. None where it is not there.

    `--name=value`, `--name value` and with one dash, as Go's flag packages take them.
    """
    found = None
    for index, word in enumerate(words):
        name, equals, value = word.partition("=")
        if not name.startswith("-") or name.lstrip("-") not in names:
            continue
        following = words[index + 1] if index + 1 < len(words) else "-"
        found = value if equals else following if not following.startswith("-") else "true"
    return found


def split(text: str | None) -> Iterator[str]:
    """The parts of a list in a flag."""
    yield from (part.strip() for part in (text or "").split(",") if part.strip())


def is_on(words: Sequence[str], name: str) -> bool:
    """Whether a flag is true, as Go's strconv.ParseBool takes it."""
    return (flag(words, name) or "") in ("1", "t", "T", "true", "TRUE", "True")
