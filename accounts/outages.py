"""Whether an error means that the database went away, is not back yet, or has no room: to be tried again, no fault."""

from django.db import DatabaseError, InterfaceError, OperationalError, connection


def database_is_lost(error: BaseException | None) -> bool:
    """Of the error itself, or of what led to it."""
    while error is not None:
        # A line that is cut off in the middle ends in the driver's plain error; Django's own one has no cause.
        cut_off = type(error) is DatabaseError and error.__cause__ is not None
        if cut_off or isinstance(error, (OperationalError, InterfaceError)):
            return True
        error = error.__cause__ or error.__context__
    return False


def line_is_broken() -> bool:
    """Whether the line to the database failed under this request: half an answer ends in whatever error it makes."""
    return bool(connection.errors_occurred) and not connection.is_usable()
