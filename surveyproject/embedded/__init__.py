"""What `bin/run`, `bin/manage` and `bin/test` start by themselves: PostgreSQL, a broker, and the program's processes.

Nothing here imports Django: it must be able to speak when Django cannot start.
"""
