"""Configure a run, start it, watch it, stop it, go on with it."""
