"""What every test stands on: no screen, no network, no settings but its own, and Ctrl+C as in a terminal."""

import os
import signal

os.environ["QT_QPA_PLATFORM"] = "offscreen"
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # what a shell starts in the background inherits this
    signal.signal(signal.SIGINT, signal.default_int_handler)
