"""The Network panel: the stack of layers that is the plot."""
