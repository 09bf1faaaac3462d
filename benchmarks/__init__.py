"""Timings of xent beside its peers: ``python -m benchmarks NAME``; see README.md here."""
