"""CPU seconds of whole rehearsals in memory, and whether they grow in step with the participants.

    python benchmarks/rehearsal.py [participants ...]

The study file is loaded beforehand. The load average says how far to trust the figures.
"""

import gc
import os
import sys
import time

from trialist.protocol import load
from trialist.rehearsal import rehearse


def measure(participants: int) -> tuple[float, int]:
    """CPU seconds and events of one rehearsal."""
    gc.collect()
    protocol = load("smart").complete()
    start = time.process_time()
    done = rehearse(protocol, 7, participants=participants)
    return time.process_time() - start, done.ledger.head().seq


def main() -> None:
    """Print one line per size."""
    sizes = [int(word) for word in sys.argv[1:]] or [84, 500, 2000]
    rehearse(load("smart").complete(), 1, participants=2)  # imports and tables
    first = None
    print("participants  CPU s   ms per participant  ratio to first  events")
    for size in sizes:
        seconds, events = measure(size)
        each = 1000 * seconds / size
        first = first or each
        print(f"{size:12d}  {seconds:5.2f}  {each:18.2f}  {each / first:14.2f}  {events:6d}")
    print("load average " + " ".join(f"{load:.2f}" for load in os.getloadavg()))


if __name__ == "__main__":
    main()
