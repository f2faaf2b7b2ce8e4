"""What is repeated L times: the layers of a model, written out forward and backward."""
