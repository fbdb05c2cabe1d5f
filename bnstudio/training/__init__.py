"""What runs: networks in training, what is measured of them, and the worker thread. Knows no Qt."""
