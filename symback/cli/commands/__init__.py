"""One module for each command; each has `run(options) -> exit code` and is imported when its command is called."""
