"""What looks at a model and changes nothing."""
