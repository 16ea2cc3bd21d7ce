"""A test client that sends forms as browsers send them: plainly encoded, with a file as parts."""

from typing import Any
from urllib.parse import urlencode

from django.test import Client

FORM = "application/x-www-form-urlencoded"


class FormClient(Client):
    """Django's own client sends every form as parts, which no page but one takes (see `surveyproject.incoming`)."""

    def post(self, path: str, data: Any = None, content_type: str = "", **extra: Any) -> Any:
        if content_type:
            return super().post(path, data, content_type=content_type, **extra)
        if isinstance(data, dict) and any(hasattr(value, "read") for value in data.values()):
            return super().post(path, data, **extra)
        sent = data if isinstance(data, (str, bytes)) else urlencode(_whole(data), doseq=True)
        return super().post(path, sent, content_type=FORM, **extra)


def _whole(data: Any) -> dict[str, Any]:
    """Lone surrogates as the replacement that a browser sends; sets and tuples as lists."""
    return {str(name): _sendable(value) for name, value in dict(data or {}).items()}


def _sendable(value: Any) -> Any:
    return [_sendable(one) for one in value] if isinstance(value, (list, tuple, set)) else value
