"""The coordinator's pages: studies and comparisons, a new comparison, its progress, its result and its files."""
