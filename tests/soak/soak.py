"""Works with the real program at random for a while, and looks all along whether it bears it.

    python tests/soak/soak.py --minutes 30 --seed 0

The program runs as a person starts it, with its training process, on whatever screen Qt is told to use
(`QT_QPA_PLATFORM=offscreen`, or an X server in `DISPLAY`). A timer does one seeded action after another
through the real widgets: see `soak_person.py`. None may end in an exception, a warning of Qt, a training that
failed, or a window that no longer answers: see `soak_watch.py`. Now and then training pauses, and the losses
of all runs are compared, bit for bit, with those of an undisturbed training of the same models: see
`soak_replay.py`. Once a minute all is closed and the preset S3 is opened, and what there is then of memory,
open files, threads, processes, windows and timers must not become more. With --kill the training process is
killed now and then, and all has to go on with another.

It ends with 0 and a summary, or with 1 and the last actions before each failure; with SOAK_VERBOSE set all
actions are printed. What is chosen follows from the seed; what comes of it depends on how fast things train,
so the same seed meets a fault often, not always. Settings, files and the home folder are temporary ones. It
is no test by itself: `test_short_soak.py` runs a short one, this is for half an hour now and then.
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path

# The training process imports this file too, so what has Qt is imported by `main` alone.


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=30, help="how long")
    parser.add_argument("--actions", type=int, help="end after this many actions, if that is earlier")
    parser.add_argument("--seed", type=int, default=0, help="of what is chosen")
    parser.add_argument("--kill", action="store_true", help="kill the training process now and then")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bnstudio-soak-") as name:
        folder = Path(name)
        for variable in ("HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME"):
            os.environ[variable] = str(folder)
        from soak_driver import soak

        return soak(folder, arguments.minutes, arguments.actions, arguments.seed, arguments.kill)


if __name__ == "__main__":
    sys.exit(main())
