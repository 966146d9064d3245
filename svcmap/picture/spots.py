"""Where in the picture: what a cursor stands on, what is lit, what a step of a walk is told at."""

from __future__ import annotations

import msgspec


class CellSpot(msgspec.Struct, frozen=True, gc=False):
    """A cell of a lane, by the id of its way and its place from the left."""

    way: str
    index: int


class PortSpot(msgspec.Struct, frozen=True, gc=False):
    """A port of the Service, by its key (`443/TCP`)."""

    key: str


class GroupSpot(msgspec.Struct, frozen=True, gc=False):
    """A group of endpoints, by its id."""

    id: str


class EndpointSpot(msgspec.Struct, frozen=True, gc=False):
    """One endpoint, by its id."""

    id: str


class ServiceSpot(msgspec.Struct, frozen=True, gc=False):
    """The box of the Service: what stands around its ports."""


Spot = CellSpot | PortSpot | GroupSpot | EndpointSpot | ServiceSpot
SERVICE_BOX = ServiceSpot()
