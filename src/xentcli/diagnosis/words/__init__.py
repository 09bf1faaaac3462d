"""The diagnosis in words: formulas, ambiguities and advice."""
