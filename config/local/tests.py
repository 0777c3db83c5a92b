"""Run the tests: those that leave the servers alone on both cores, then the others one by one.

Arguments go to pytest. The second run is left out where the first failed, so that pytest's
closing line always tells the truth about the whole.
"""

import subprocess
import sys

import pytest

ALONE = "browser or faults"
NOTHING_FOUND = pytest.ExitCode.NO_TESTS_COLLECTED  # as with -k, in one of the two runs


def main(arguments: list[str]) -> int:
    results = []
    for options in (["-n", "2", "-m", f"not ({ALONE})"], ["-m", ALONE]):
        command = [sys.executable, "-m", "pytest", "-q", *options, *arguments]
        results.append(subprocess.run(command).returncode)
        if results[-1] not in (0, NOTHING_FOUND):
            return results[-1]
    return min(results)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
