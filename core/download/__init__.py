"""Getting published files: downloads that can be stopped, archives, checksums."""

# What is still arriving ends so.
PARTIAL_SUFFIX = ".part"
