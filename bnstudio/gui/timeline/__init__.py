"""Looking back: the bar that chooses the step which all panels show."""
