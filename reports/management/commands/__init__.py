"""Commands of the report side."""
