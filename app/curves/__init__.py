"""Curves of runs: charts side by side, smoothing, bands over seeds, export. Needs pyqtgraph."""
