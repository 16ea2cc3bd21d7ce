"""Commands for data that come from elsewhere or go there."""
