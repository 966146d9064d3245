"""Which release of ingress-nginx it is, by the image that it runs."""

from __future__ import annotations

import re

from svcmap.model.networking import Ingress
from svcmap.paths.known.look_ups import served_by
from svcmap.paths.routes.ingress.running import runners
from svcmap.paths.walk import Walk

Release = tuple[int, int, int]
TAG = re.compile(r":v?(\d+)\.(\d+)\.(\d+)")


def release_of(walk: Walk, ingress: Ingress) -> Release | None:
    """The release of the controller of an Ingress, by its image; None where the source does not say."""
    specs = [runner.spec for runner in runners(walk.state, served_by(walk.state, ingress))]
    tags = {found.groups() for spec in specs for c in spec.containers if (found := TAG.search(c.image))}
    numbers = [tuple(map(int, tag)) for tag in tags]
    return (numbers[0][0], numbers[0][1], numbers[0][2]) if len(numbers) == 1 else None
