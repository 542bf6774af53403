"""One script per other way to do a piece of work; each runs as a process of its own and needs nothing of evcharge."""
