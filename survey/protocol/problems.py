"""What is wrong with a workbook: coded, located, collected; never raised one at a time."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One fault. `row` counts as a spreadsheet does (the header is row 1); 0 means the sheet as a whole."""

    sheet: str
    row: int
    column: str
    code: str
    message: str

    def __str__(self) -> str:
        place = f"{self.sheet}, row {self.row}" if self.row else self.sheet
        column = f", column “{self.column}”" if self.column else ""
        return f"[{self.code}] {place}{column}: {self.message}"


class WorkbookError(Exception):
    """A workbook that cannot be used. Carries every problem found, in sheet and row order."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems))
        super().__init__("\n".join(str(problem) for problem in self.problems))
