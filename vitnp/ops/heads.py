"""Splitting the hidden size into heads, and merging them again: two reorderings, each the other's backward."""


def split(x, num_heads):
    """Head h takes the columns h·K … (h+1)·K − 1: (B, N, D) → (B, H, N, K)."""
    B, N, D = x.shape
    return x.reshape(B, N, num_heads, D // num_heads).swapaxes(1, 2)


def merge(x):
    """Concatenate the heads, head 0 first: (B, H, N, K) → (B, N, D)."""
    B, H, N, K = x.shape
    return x.swapaxes(1, 2).reshape(B, N, H * K)
