"""The Try it panel: what the selected model says of a drawn digit and of the test images."""
