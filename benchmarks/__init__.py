"""What the program costs and what it survives: commands that print figures. Nothing here runs in production."""
