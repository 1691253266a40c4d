"""What every peer does alike: it reads its work, gets ready, and times one round for each line it gets."""

import json
import os
import sys
import time

# The work: a JSON object as the one argument, see ../work.ts.
work = json.loads(sys.argv[1])

# Standard output belongs to the answers alone; whatever a library prints goes to standard error.
_answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)


def _answer(**fields):
    print(json.dumps(fields), file=_answers, flush=True)


def _peak_megabytes():
    """The most memory this process has had since it began, in MB of 10^6 bytes; see ../memory.ts."""
    try:
        with open("/proc/self/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) * 1024 / 1e6
    except (OSError, StopIteration):
        import resource

        unit = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


def serve(run_round, *, images, versions, settings, parameters=None):
    """Runs one untimed round, then one timed round of `images` images a line; ends with standard input.

    `run_round` does the work and may return facts for the answer, such as the last loss.
    """
    run_round()
    _answer(ready=True, versions=versions, settings=settings, parameters=parameters)
    for _line in sys.stdin:
        start = time.perf_counter()
        facts = run_round() or {}
        seconds = time.perf_counter() - start
        _answer(images=images, seconds=seconds, peakMB=_peak_megabytes(), **facts)
