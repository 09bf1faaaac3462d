"""The formats with a row for each sample, and numbers as text."""
