"""Pictures and numbers out of the window: single ones, and everything into a folder."""
