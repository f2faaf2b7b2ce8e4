"""What the slides say, and the checks of it."""
