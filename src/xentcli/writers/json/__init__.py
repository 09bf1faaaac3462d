"""Reports and diagnoses as one JSON object."""
