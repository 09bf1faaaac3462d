"""All formulas, and which of them give the number."""
