"""The shapes of a chart, each kind as one artist and none cut off at the edge of its axes.

What does not belong here: where a shape stands and what it means (the modules of the charts).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal, TypeAlias

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.lines import Line2D
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from matplotlib.transforms import Transform

from evcharge.report.colours import INK, LINE, Mark

Point: TypeAlias = tuple[float, float]
Box: TypeAlias = tuple[float, float, float, float]
"""Left, bottom, right, top."""

Pattern: TypeAlias = Literal["solid"] | tuple[int, tuple[int, int]]
SOLID: Pattern = "solid"
DASHES: Pattern = (0, (4, 3))
DOTS: Pattern = (0, (1, 2))
"""Line patterns: where they begin, and line widths on and off."""

GRID, BARS, BEHIND, LINES, ON_TOP = 1, 2, 3, 4, 5
"""What lies on what, the lowest first."""


def marks(points: Iterable[Point], mark: Mark, size: float, transform: Transform, name: str = "") -> Line2D:
    """The mark of a verdict at each point, ``size`` pixels wide."""
    places = list(points)
    return Line2D(
        [x for x, _ in places], [y for _, y in places], linestyle="none", marker=mark.shape, markersize=size,
        markeredgewidth=size / 5, markeredgecolor=mark.colour, markerfacecolor=mark.fill, transform=transform,
        clip_on=False, zorder=ON_TOP, gid=name,
    )  # fmt: skip


def lines(
    segments: Iterable[Sequence[Point]],
    colours: str | Sequence[str],
    transform: Transform,
    *,
    width: float = 1,
    pattern: Pattern = SOLID,
    layer: int = LINES,
    name: str = "",
) -> LineCollection:
    """Lines, each through its points, of one colour or one each."""
    points = [np.array(segment, dtype=float) for segment in segments]
    return LineCollection(
        points, colors=colours, linewidths=width, linestyles=[pattern], transform=transform, clip_on=False,
        zorder=layer, gid=name,
    )  # fmt: skip


def curve(
    points: Iterable[Point],
    colour: str,
    transform: Transform,
    *,
    width: float = 1.5,
    pattern: Pattern = SOLID,
    layer: int = LINES,
    name: str = "",
) -> Line2D:
    """One line through points, broken where one has no height."""
    places = list(points)
    return Line2D(
        [x for x, _ in places], [y for _, y in places], color=colour, linewidth=width, linestyle=pattern,
        transform=transform, clip_on=False, zorder=layer, gid=name,
    )  # fmt: skip


def boxes(corners: Iterable[Box], colours: Sequence[str], transform: Transform, name: str = "bars") -> PolyCollection:
    """Filled boxes, each with a colour of its own."""
    shapes = [[(a, b), (c, b), (c, d), (a, d)] for a, b, c, d in corners]
    return PolyCollection(
        shapes, facecolors=colours, linewidths=0, transform=transform, clip_on=False, zorder=BARS, gid=name
    )


def mosaic(corners: Iterable[Box], colour: str, transform: Transform, *, alpha: float = 1, name: str = "") -> PathPatch:
    """Filled boxes of one colour as one path, which keeps an SVG small where they are many."""
    vertices = [point for a, b, c, d in corners for point in ((a, b), (c, b), (c, d), (a, d), (a, b))]
    codes = [Path.MOVETO, Path.LINETO, Path.LINETO, Path.LINETO, Path.CLOSEPOLY] * (len(vertices) // 5)
    path = Path(np.reshape(vertices, (-1, 2)), codes)
    return PathPatch(
        path, facecolor=colour, alpha=alpha, linewidth=0, transform=transform, clip_on=False, zorder=BARS, gid=name
    )


def draw_grid(axes: Axes, rates: Sequence[float], target: float | None = None, *, upright: bool = False) -> None:
    """A pale line at each rate, and a dashed one at the target; ``upright`` where the rates run from left to right."""
    ends = axes.get_ylim() if upright else axes.get_xlim()

    def across(rate: float) -> list[Point]:
        return [(rate, end) for end in ends] if upright else [(end, rate) for end in ends]

    axes.add_artist(lines([across(rate) for rate in rates], LINE, axes.transData, layer=GRID))
    if target is not None:
        axes.add_artist(curve(across(target), INK, axes.transData, pattern=DASHES, layer=BEHIND, name="target"))
