"""What every staff page shows: the head of the audit trail."""

from django.http import HttpRequest

from accounts import audit
from accounts.access import is_verified


def audit_head(request: HttpRequest) -> dict[str, str | bool]:
    """Looked up for signed-in staff only; participant pages never ask."""
    if not request.path.startswith("/desk/") or getattr(request, "user", None) is None or not is_verified(request):
        return {}
    roles = getattr(request, "roles", None)
    return {"audit_head": audit.head()[: audit.SHOWN], "is_administrator": roles is not None and roles.administrator}
