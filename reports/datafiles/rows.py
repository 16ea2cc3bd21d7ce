"""A matrix of records as a matrix of values, in an order that tells nothing of who came when."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from survey.protocol.columns import VALUE_OF, Column
from survey.protocol.record import Variable, missing_code
from survey.protocol.schema import Missing

Values = npt.NDArray[np.int32]


def values(matrix: npt.NDArray[np.uint8], columns: Sequence[Column]) -> Values:
    """One row a response, one column a variable; sorted by what they say, so that equal files have equal bytes."""
    return in_order(coded(matrix, [column.variable for column in columns]))


def coded(matrix: npt.NDArray[np.uint8], variables: Sequence[Variable | None]) -> Values:
    """The values of some variables. None is one that these records do not have: nobody was asked for it."""
    found = np.full((len(matrix), len(variables)), VALUE_OF[Missing.NOT_ASKED], dtype=np.int32)
    for place, variable in enumerate(variables):
        if variable is not None:
            found[:, place] = _values(matrix, variable)
    return found


def in_order(found: Values) -> Values:
    """The first column counts most: numpy sorts by the last of its keys first."""
    return found[np.lexsort(found.T[::-1])] if found.shape[1] else found


def _values(matrix: npt.NDArray[np.uint8], variable: Variable) -> Values:
    # Records have the lower byte first.
    parts = matrix[:, variable.offset : variable.offset + variable.width].astype(np.int32)
    codes = (parts << (8 * np.arange(variable.width, dtype=np.int32))).sum(axis=1, dtype=np.int32)
    for reason, value in VALUE_OF.items():
        codes[codes == missing_code(reason, variable.width)] = value
    return codes
