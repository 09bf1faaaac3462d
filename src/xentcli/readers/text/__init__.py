"""Text with a row a line."""
