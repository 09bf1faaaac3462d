"""Arrays as NumPy and PyTorch store them."""
