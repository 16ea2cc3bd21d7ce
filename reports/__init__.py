"""Report side of the platform: from records to the comparison tables that a paper prints."""
