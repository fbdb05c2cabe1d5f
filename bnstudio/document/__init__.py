"""What the person made: an immutable Experiment, its file format and the presets."""
