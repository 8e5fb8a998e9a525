"""``n_jobs`` -> a number of threads."""

from __future__ import annotations

import os
import sys

from ninefold._ninefold import NinefoldError

__all__ = ["threads_of"]

_LIMIT = "OMP_NUM_THREADS"  # joblib sets it in its worker processes


def threads_of(n_jobs: int | None) -> int:
    """The number of threads that ``n_jobs`` asks for.

    - ``None`` is 1, or what ``joblib.parallel_config(n_jobs=...)`` says around the call. One thread makes every result repeatable.
    - A positive number is that many.
    - ``-1`` is as many as there are processors that this process may use, ``-2`` one fewer, and so on. ``OMP_NUM_THREADS`` limits it:
      joblib sets it in its worker processes, so that ``GridSearchCV(n_jobs=2)`` over ``n_jobs=-1`` does not start twice as many threads
      as there are processors.
    """
    if n_jobs is None:
        joblib = sys.modules.get("joblib")
        n_jobs = int(joblib.effective_n_jobs(None)) if joblib else 1
    if n_jobs == 0:
        raise NinefoldError("n_jobs: expected a number of threads, or -1 for as many as there are processors, found 0")
    if n_jobs > 0:
        return n_jobs
    return max(1, min(_processors() + 1 + n_jobs, _limit()))


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _limit() -> int:
    limit = os.environ.get(_LIMIT, "")
    return int(limit) if limit.isdigit() and int(limit) > 0 else sys.maxsize
