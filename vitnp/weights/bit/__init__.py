"""BiT files of other libraries: Google's .npz and timm's state dicts."""
