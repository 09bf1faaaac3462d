"""The command line: the app, its help, its faults, the way in."""
