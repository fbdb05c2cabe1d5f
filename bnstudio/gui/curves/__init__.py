"""The Loss and Accuracy panels, and the record of runs that they draw."""
