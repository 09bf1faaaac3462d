"""The options: each is declared once, in a group of options that belong together."""
