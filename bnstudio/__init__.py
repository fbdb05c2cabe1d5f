"""bnstudio: see why a deep network learns or does not."""

__version__ = "0.1.0"
