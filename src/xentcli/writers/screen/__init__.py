"""Tables and bars for a terminal, drawn with Rich."""
