"""One JSON object."""
