"""The program ``ninefold``, as ``pip install`` puts it beside Python."""

from __future__ import annotations

import sys

from ninefold._ninefold import run_program

__all__ = ["main"]


def main() -> int:
    """Runs the program with the arguments of this process -> the exit code."""
    return run_program(["ninefold", *sys.argv[1:]])


if __name__ == "__main__":
    sys.exit(main())
