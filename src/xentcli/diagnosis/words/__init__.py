"""Formulas, ambiguities and advice in words."""
