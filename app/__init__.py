"""The window of AAC Studio. Qt lives here and only here."""
