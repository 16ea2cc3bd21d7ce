"""Pages. Thin: fetch, guard, act, redirect."""
