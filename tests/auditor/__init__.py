"""An attacker who has read the rules and everything that was ever printed, and who asks what is left unknown."""
