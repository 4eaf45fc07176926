"""Scripts as the tutorials have them, for the time of the whole command."""
