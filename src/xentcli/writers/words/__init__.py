"""What tables and pages say in words."""
