"""What comes in, and the one clear line for what does not fit."""
