"""What every staff page shows: the head of the audit trail."""

from django.http import HttpRequest

from accounts import audit


def audit_head(request: HttpRequest) -> dict[str, str]:
    """Looked up for signed-in staff only; participant pages never ask."""
    user = getattr(request, "user", None)
    if not request.path.startswith("/desk/") or user is None or not user.is_authenticated:
        return {}
    return {"audit_head": audit.head()[: audit.SHOWN]}
