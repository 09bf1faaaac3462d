"""The mathematics of softmax cross-entropy: NumPy arrays in, NumPy arrays out."""
