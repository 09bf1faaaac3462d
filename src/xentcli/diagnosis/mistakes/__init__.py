"""The mistakes that are looked for, one file a family."""
