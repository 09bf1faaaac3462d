"""What is written about ``xent``, and the program that makes the parts of it that are made:
``python -m docs``."""
