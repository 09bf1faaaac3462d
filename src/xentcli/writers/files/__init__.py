"""The files that are written: those of outputs, of an answer in parts, and of rows that wait."""
