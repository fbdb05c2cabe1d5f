"""What a person sets and presses, and what answers: control bar, Setup panel, notices."""
