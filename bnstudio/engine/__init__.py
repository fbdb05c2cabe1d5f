"""The mathematics: layers, losses, initializers, optimizers and the network. Imports NumPy alone."""
