"""What is seen. The only package with Qt; it reaches the engine and the data through training."""
