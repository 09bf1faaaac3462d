"""Whole programs that do what xent does, each as a user of that library would write it."""
