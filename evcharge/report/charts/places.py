"""Where labels go so that none lies on another or on a mark; the same points give the same places.

What does not belong here: drawing, and what a label says.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

import numpy as np

from evcharge.arrays import Flags, Floats

Side = Literal["left", "center", "right"]
Box = tuple[float, float, float, float]
"""Left, top, right, bottom [px]."""

LINE_PX = 15
"""Height of a line of text; set by eye."""
BESIDE_PX = 9
"""From the middle of a mark to a label at its side; set by eye."""
AWAY_PX = (26, 44, 64, 88, 116)
"""From a mark to a label that points at it with a line, nearest first; set by eye."""


class Place(NamedTuple):
    """A place for text.

    Attributes:
        x: where its ``side`` stands [px].
        y: its middle [px].
        side: of the text, that stands at ``x``.
        box: what it covers.
        points: whether it is so far off that a line has to point at the mark.
    """

    x: float
    y: float
    side: Side
    box: Box
    points: bool


class Room:
    """The free room of a plot, in pixels from the top left corner; it shrinks with each label placed."""

    def __init__(self, plot: Box, marks: Floats, reach: float, curves: Sequence[Floats]) -> None:
        """Begins with a plot, the middles of its marks (x, y), how far these reach, and its curves (x, y).

        A label never lies on a mark or another label, and on a curve only where nothing else is free.
        """
        self.plot = plot
        self.taken = np.hstack([marks - reach, marks + reach])
        points = np.vstack([_dense(curve) for curve in curves])
        self.curves = np.hstack([points - 2, points + 2])

    def place(self, x: float, y: float, width: float, height: float) -> Place | None:
        """The first free place for text of this size at the mark at (x, y), taken from now on; None where none is."""
        near = list(_beside(x, y, width, height))
        far = list(_away(x, y, width, height))
        others = self.taken[~_hit(self.taken, (x, y, x, y))]
        for candidates, obstacles in ((near, self.curves), (far, self.curves), (near, self.curves[:0])):
            for place in candidates:
                free = self._inside(place.box) and not _hit(np.vstack([self.taken, obstacles]), place.box).any()
                if free and not (place.points and _crosses(others, (x, y), place)):
                    self.taken = np.vstack([self.taken, place.box])
                    return place
        return None

    def _inside(self, box: Box) -> bool:
        return self.plot[0] <= box[0] and self.plot[1] <= box[1] and box[2] <= self.plot[2] and box[3] <= self.plot[3]


def _dense(curve: Floats) -> Floats:
    """More points of a curve, a pixel or two apart."""
    way = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(curve, axis=0).T))])
    places = np.linspace(0, way[-1], int(way[-1]) + 2)
    return np.column_stack([np.interp(places, way, curve[:, axis]) for axis in (0, 1)])


def _hit(boxes: Floats, box: Box) -> Flags:
    """Which of the boxes share room with this one."""
    left, top, right, bottom = boxes.T
    hit: Flags = (left < box[2]) & (box[0] < right) & (top < box[3]) & (box[1] < bottom)
    return hit


def _crosses(boxes: Floats, start: tuple[float, float], place: Place) -> bool:
    """Whether the straight way from a mark to a place leads through one of the boxes; looked at in 20 points."""
    xs, ys = (np.linspace(*ends, 20) for ends in zip(start, (place.x, place.y), strict=True))
    return any(_hit(boxes, (x, y, x, y)).any() for x, y in zip(xs, ys, strict=True))


def _beside(x: float, y: float, width: float, height: float) -> Iterator[Place]:
    """Places around a mark: right, left, and for a single line below, above, then the corners."""
    yield _at(x + BESIDE_PX, y, "left", width, height)
    yield _at(x - BESIDE_PX, y, "right", width, height)
    if height > LINE_PX:
        return
    for down in (height, -height):
        yield _at(x, y + down, "center", width, height)
    for down in (0.75 * height, -0.75 * height):
        yield _at(x + BESIDE_PX, y + down, "left", width, height)
        yield _at(x - BESIDE_PX, y + down, "right", width, height)


def _away(x: float, y: float, width: float, height: float) -> Iterator[Place]:
    """Places further off, to the right of a mark first."""
    for far in AWAY_PX:
        for down in (0, far, -far, far / 2, -far / 2):
            yield _at(x + far, y + down, "left", width, height, points=True)
            yield _at(x - far, y + down, "right", width, height, points=True)


def _at(x: float, y: float, side: Side, width: float, height: float, *, points: bool = False) -> Place:
    left = {"left": x, "center": x - width / 2, "right": x - width}[side]
    return Place(x, y, side, (left, y - height / 2, left + width, y + height / 2), points)
