"""The runs on disk as the window follows them: finding them, reading them as they grow."""
