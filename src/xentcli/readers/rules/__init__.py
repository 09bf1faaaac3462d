"""What all readers share: how numbers, labels, columns and keys are read."""
