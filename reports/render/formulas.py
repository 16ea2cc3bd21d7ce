"""Texts that a spreadsheet program would take for a formula."""

_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


def harmless(text: str) -> str:
    """The text, led by an apostrophe where its first character could start a formula."""
    return "'" + text if text.startswith(_STARTS) else text
