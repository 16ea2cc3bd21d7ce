"""A matrix of records as a matrix of values, in an order that tells nothing of who came when."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from survey.protocol.columns import VALUE_OF, Column
from survey.protocol.record import missing_code

Values = npt.NDArray[np.int32]


def values(matrix: npt.NDArray[np.uint8], columns: Sequence[Column]) -> Values:
    """One row a response, one column a variable; sorted by what they say, so that equal files have equal bytes."""
    found = np.empty((len(matrix), len(columns)), dtype=np.int32)
    for place, column in enumerate(columns):
        found[:, place] = _values(matrix, column)
    # The first column counts most: numpy sorts by the last of its keys first.
    return found[np.lexsort(found.T[::-1])] if columns else found


def _values(matrix: npt.NDArray[np.uint8], column: Column) -> Values:
    variable = column.variable
    # Records have the lower byte first.
    parts = matrix[:, variable.offset : variable.offset + variable.width].astype(np.int32)
    codes = (parts << (8 * np.arange(variable.width, dtype=np.int32))).sum(axis=1, dtype=np.int32)
    for reason, value in VALUE_OF.items():
        codes[codes == missing_code(reason, variable.width)] = value
    return codes
