"""What a participant's session holds: the secret of a draft, its codes, and which pages stand between it and the form.

The session is encrypted under the cookie, so none of it can be read in the database.
"""

import time
from collections.abc import Sequence

from django.http import HttpRequest

from survey import drafts
from survey.drafts import Sheet
from survey.language import SESSION_KEY, ui_language

IDLE_SECONDS = 30 * 60
SECRET, SITE, COHORT, CODE, RECEIPT = "draft_secret", "draft_site", "draft_cohort", "draft_code", "receipt"
ASIDE, SEEN, SAID = "aside", "participant_seen", "said"
# Pages that may stand before the form, and what leads to them.
CODE_PAGE, SAFETY_PAGE, ERASE_PAGE = "code", "safety", "erase"
ASIDES = frozenset({CODE_PAGE, SAFETY_PAGE, ERASE_PAGE})


def hold(request: HttpRequest, *, secret: bytes, sheet: Sheet, code: str, aside: Sequence[str]) -> None:
    """Take a draft into a fresh session; `aside` are the pages to be shown before the form."""
    request.session.begin_anew()
    request.session.update(
        {
            SECRET: secret.hex(),
            SITE: sheet.site_id,
            COHORT: sheet.cohort_id,
            CODE: code,
            RECEIPT: sheet.receipt,
            ASIDE: list(aside),
        }
    )
    request.session.update({SESSION_KEY: ui_language(sheet.language), SEEN: int(time.time())})


def held(request: HttpRequest) -> tuple[bytes, Sheet] | None:
    """The draft of this session. After half an hour without a sign of life the session is over; the draft is kept."""
    now = int(time.time())
    if now - request.session.get(SEEN, now) > IDLE_SECONDS:
        request.session.flush()
    if SECRET not in request.session:
        return None
    request.session[SEEN] = now
    secret = bytes.fromhex(request.session[SECRET])
    sheet = drafts.open_draft(secret=secret, site_id=request.session[SITE])
    return (secret, sheet) if sheet is not None else None


def is_empty(request: HttpRequest) -> bool:
    """Whether this session has nothing to show: no draft, no receipt, nothing to be said."""
    return not any(name in request.session for name in (SECRET, RECEIPT, SAID))


def lost_its_draft(request: HttpRequest) -> bool:
    """Whether this session goes on with a draft: asked once the draft is not there any more."""
    return SECRET in request.session


def was_sent(request: HttpRequest) -> bool:
    """Whether this session's draft has become a response: its receipt is all that is left to show."""
    return RECEIPT in request.session


def say(request: HttpRequest, saying: str) -> None:
    """End the session; all that the next page says is this."""
    language = request.session.get(SESSION_KEY, "")
    request.session.begin_anew()
    request.session.update({SAID: saying, SESSION_KEY: language})


def aside(request: HttpRequest) -> str:
    """The page that stands before the form now; '' for none."""
    waiting = request.session.get(ASIDE, [])
    return str(waiting[0]) if waiting else ""


def show_aside(request: HttpRequest, name: str) -> None:
    request.session[ASIDE] = [name]


def go_on(request: HttpRequest) -> None:
    """The page before the form was read."""
    request.session[ASIDE] = request.session.get(ASIDE, [])[1:]


def forget_draft(request: HttpRequest) -> None:
    """After submission: what opens the draft is gone, the receipt stays as long as the session."""
    for name in (SECRET, CODE, ASIDE):
        request.session.pop(name, None)
