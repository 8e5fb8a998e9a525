"""Python values -> settings as the config file has them."""

from __future__ import annotations

import json
import numbers
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from ninefold._ninefold import NinefoldError

__all__ = ["Settings", "seed_of", "settings_of", "toml"]

#: As the extension takes them: a preset, settings in TOML, names of models.
Settings = dict[str, Any]

_LARGEST_SEED = 2**31 - 1


def settings_of(
    preset: str | None,
    pairs: Iterable[tuple[str, Any]],
    models: list[str] | None = None,
) -> Settings:
    """Settings by their names; those that are None are left to the preset."""
    given = [(key, toml(key, value)) for key, value in pairs if value is not None]
    return {"preset": preset, "settings": given, "models": models}


def toml(key: str, value: Any) -> str:
    """A value as it is written in a config file.

    >>> toml("training.class_weight", {"spam": 2.0})
    '{"spam" = 2.0}'
    """
    if isinstance(value, (bool, np.bool_)):
        return "true" if value else "false"
    if isinstance(value, numbers.Integral):
        return str(int(value))
    if isinstance(value, numbers.Real):
        return repr(float(value))
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_string(str(name))} = {toml(key, inner)}" for name, inner in value.items()) + "}"
    if isinstance(value, (list, tuple, np.ndarray)):
        return "[" + ", ".join(toml(key, item) for item in value) + "]"
    raise NinefoldError(f"{key}: expected a number, a string, a list or a dict, found {type(value).__name__}")


def _string(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def seed_of(random_state: Any) -> int | None:
    """The seed of a ``random_state``; None: the preset's, so that results are repeatable without one."""
    if random_state is None:
        return None
    if isinstance(random_state, numbers.Integral) and int(random_state) >= 0:
        return int(random_state)
    if isinstance(random_state, np.random.RandomState):
        return int(random_state.randint(_LARGEST_SEED))
    if isinstance(random_state, np.random.Generator):
        return int(random_state.integers(_LARGEST_SEED))
    raise NinefoldError(f"random_state: expected None, a number from 0 on, or a generator of NumPy, found {random_state!r}")
