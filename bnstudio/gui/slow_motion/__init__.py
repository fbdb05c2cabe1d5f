"""One training step, stage by stage, with the numbers and the digits of its mini-batch."""
