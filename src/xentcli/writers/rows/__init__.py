"""Formats with a row a sample."""
