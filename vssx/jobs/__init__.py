"""One module a command: the order of the calls, without printing."""
