"""One module per format; none decides anything."""
