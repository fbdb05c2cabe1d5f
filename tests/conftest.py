"""What every test stands on: no screen, no network, no settings but its own."""

import os

os.environ["QT_QPA_PLATFORM"] = "offscreen"
