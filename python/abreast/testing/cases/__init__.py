"""The cases, a module for each theme."""
