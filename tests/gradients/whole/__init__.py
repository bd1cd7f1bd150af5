"""Whole networks, each as a spec and as the same function in PyTorch."""
