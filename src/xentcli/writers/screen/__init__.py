"""Tables and bars for a terminal."""
