"""The Models panel: the models of the experiment, how far each has come, and what is done to them."""
