"""The words, numbers and layout that tables and pages share."""
