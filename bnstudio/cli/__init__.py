"""The command line: opens the window, trains without one, lists presets, examines the machine.

Nothing here imports Qt; the window's command imports bnstudio.gui, and only when it runs.
"""

from bnstudio.cli.start import main

__all__ = ["main"]
