"""Pages about who somebody is: signing in, the own account, and an administrator's accounts."""
