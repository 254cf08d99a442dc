"""The only way to a resource: fonts, icons and recorded runs, from a source tree, a wheel or a bundle alike."""

from importlib.resources import files


def names(folder: str, suffix: str = "") -> list[str]:
    """The files in `folder` ("fonts", "icons", "demos") whose names end in `suffix`, sorted."""
    return sorted(entry.name for entry in files(__name__).joinpath(folder).iterdir() if entry.name.endswith(suffix))


def data(folder: str, name: str) -> bytes:
    """The bytes of one resource. Raises FileNotFoundError when there is none of that name."""
    return files(__name__).joinpath(folder, name).read_bytes()


def text(folder: str, name: str) -> str:
    """The text of one resource, as UTF-8."""
    return data(folder, name).decode("utf-8")
