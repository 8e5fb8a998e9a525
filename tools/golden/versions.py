"""Which library made a fixture, where its name is not its package's."""

import importlib.metadata


def fasttext():
    """The package that `import fasttext` finds, with its version: it goes by several names."""
    installed = {distribution.metadata["Name"] for distribution in importlib.metadata.distributions()}
    name = next(name for name in ("fasttext-numpy2", "fasttext", "fasttext-wheel") if name in installed)
    return f"{name} {importlib.metadata.version(name)}"
