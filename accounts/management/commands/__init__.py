"""Commands for staff accounts."""
