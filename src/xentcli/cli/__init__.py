"""The command line: the entry point, the commands, their help, and errors of usage."""
