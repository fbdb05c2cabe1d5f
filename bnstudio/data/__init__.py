"""What is learned from: the IDX format, the embedded MNIST, and seeded mini-batches."""
