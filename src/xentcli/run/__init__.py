"""From options to bytes."""
