"""Touchline: hands the command line to the window or to a command, and nothing else."""

from __future__ import annotations

import gc
import sys

from annotator.commands import COMMANDS, parse_window, run_command


def main(arguments: list[str]) -> int:
    """The exit code of the program for these arguments."""
    if arguments and arguments[0] in COMMANDS:
        return run_command(arguments)
    options = parse_window(arguments)
    # Whatever is made on the way to the window is there to stay: looking for garbage meanwhile is in vain.
    gc.disable()
    from annotator.gui.app import run

    return run(options.paths, sample=options.sample)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
