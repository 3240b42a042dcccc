"""How a page lies, told by the quadrilaterals of its lines, and where they stand once it is upright and straight."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from math import cos, radians, sin
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

TALL = 1.5
"""A quadrilateral that much taller than wide is a line on its side: RapidOCR turns its crop anticlockwise by the same rule."""
STRAIGHT_DEGREES = 0.1
"""Less skew moves the end of a line by less than a point."""
LONG = 4.0
"""Lines that much longer than tall know their angle."""


@dataclass(frozen=True, slots=True)
class Pose:
    """`turn` degrees (0, 90, 180, 270), counter-clockwise, then `skew` degrees the same way make the page upright.

    `width` and `height` are the upright page's, in pixels. `across` (bool [n]) marks the lines that run across the others,
    `backwards` (bool [n]) those whose crops are upside down against the rest's.
    """

    turn: int
    skew: float
    width: float
    height: float
    across: NDArray[np.bool_] = field(repr=False)
    backwards: NDArray[np.bool_] = field(repr=False)

    def turned_over(self) -> Pose:
        return replace(self, turn=(self.turn + 180) % 360)


def pose_of(quads: NDArray[np.float32], width: int, height: int) -> Pose:
    """Of a picture `width` by `height` with lines `quads`, float32 [n, 4, 2]: upper left corner first, then clockwise."""
    import numpy as np

    if not len(quads):
        return Pose(0, 0.0, width, height, np.zeros(0, np.bool_), np.zeros(0, np.bool_))
    wide = np.maximum(np.linalg.norm(quads[:, 1] - quads[:, 0], axis=1), np.linalg.norm(quads[:, 2] - quads[:, 3], axis=1))
    tall = np.maximum(np.linalg.norm(quads[:, 3] - quads[:, 0], axis=1), np.linalg.norm(quads[:, 2] - quads[:, 1], axis=1))
    on_side = tall.astype(np.int64) >= TALL * np.maximum(wide.astype(np.int64), 1)
    length = np.where(on_side, tall, wide)
    # Along which way a crop reads: RapidOCR turns crops of tall quadrilaterals so that down becomes right.
    way = np.where(
        on_side[:, None],
        quads[:, 3] - quads[:, 0] + quads[:, 2] - quads[:, 1],
        quads[:, 1] - quads[:, 0] + quads[:, 2] - quads[:, 3],
    )
    degrees = np.degrees(np.arctan2(way[:, 1], way[:, 0]))
    backwards = (degrees < -45) | (degrees >= 135)
    degrees = np.where(backwards, (degrees + 180 + 45) % 360 - 45, degrees)  # from -45 to 135
    down = degrees >= 45
    sideways = float(length[down].sum()) > float(length[~down].sum())
    chosen = (down == sideways) & (length > LONG * np.where(on_side, wide, tall))
    angles = (degrees[chosen] - (90.0 if sideways else 0.0)).tolist()
    skew = _weighted_median(angles, length[chosen].tolist())
    if abs(skew) < STRAIGHT_DEGREES:
        skew = 0.0
    size = (height, width) if sideways else (width, height)
    return Pose(90 if sideways else 0, skew, float(size[0]), float(size[1]), down != sideways, backwards)


def place(quad: NDArray[np.float32], pose: Pose) -> tuple[float, float, float, float]:
    """The upright box around `quad`, in pixels of the upright page: x0, y0, x1, y1."""
    middle_x, middle_y = pose.width / 2, pose.height / 2
    before = (pose.height / 2, pose.width / 2) if pose.turn in (90, 270) else (middle_x, middle_y)
    angle = radians(-(pose.turn + pose.skew))
    c, s = cos(angle), sin(angle)
    xs, ys = [], []
    for x, y in quad.tolist():
        dx, dy = x - before[0], y - before[1]
        xs.append(middle_x + c * dx - s * dy)
        ys.append(middle_y + s * dx + c * dy)
    return min(xs), min(ys), max(xs), max(ys)


def _weighted_median(values: list[float], weights: list[float]) -> float:
    if not values:
        return 0.0
    order = sorted(range(len(values)), key=values.__getitem__)
    half, passed = sum(weights) / 2, 0.0
    for n in order:
        passed += weights[n]
        if passed >= half:
            return values[n]
    return values[order[-1]]
