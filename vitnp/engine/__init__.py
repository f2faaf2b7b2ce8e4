"""Runs any model for any task: the batch over threads, the loss, float16, several ranks."""
