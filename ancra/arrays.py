"""Arrays by the kind of number that they hold, as annotations name them."""

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

FloatArray: TypeAlias = NDArray[np.floating]
IntArray: TypeAlias = NDArray[np.integer]
BoolArray: TypeAlias = NDArray[np.bool_]
PixelArray: TypeAlias = NDArray[np.uint8]
"""Grey levels, 0 to 255."""
Array: TypeAlias = NDArray[Any]
"""Of whatever kind, as where arrays are stored."""
