"""Pages that wait for a worker: they look again by themselves, without a script, and not for ever."""

# A page under way looks again after so many seconds: soon at first, then seldom. After a while it stops, or a page that
# somebody left open would keep its session alive all day.
SOON, SELDOM, NEVER = 2, 10, 0
EAGER_SECONDS, PATIENT_SECONDS = 60, 900
# How long after asking the page stays quiet about workers that say nothing.
GRACE_SECONDS = 30


def pause(waited: float) -> int:
    """After how many seconds to look again, for somebody who has waited so long; 0 for not at all."""
    if waited < EAGER_SECONDS:
        return SOON
    return SELDOM if waited < PATIENT_SECONDS else NEVER


def since(text: str) -> int:
    """The moment of asking as an address carries it; 0 for what is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else 0
