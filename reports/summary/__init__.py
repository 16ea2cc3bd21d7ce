"""Summaries of findings: a document whose fields are filled from a stored comparison, and filled again later."""
