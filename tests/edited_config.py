"""Readings after an edit of levels.yaml or locations.yaml, as a person makes it."""

from __future__ import annotations

import shutil
from pathlib import Path

from job_hunter.config import default_config_dir
from job_hunter.domain.role import Readings
from job_hunter.runtime import load_readings

CITIES_ARE_LONDON = (
    "locations.yaml",
    "london_towns: [Croydon,",
    "london_towns: [Manchester, Edinburgh, Bristol, Leeds, Glasgow, Croydon,",
)
"""An edit after which roles in five cities have the bucket `london` instead of `uk`."""


def edited_readings(folder: Path, name: str, old: str, new: str) -> Readings:
    """The readings of the shipped files, copied to `folder`, with `old` replaced by `new` in the file `name`."""
    folder.mkdir()
    for file in ("levels.yaml", "locations.yaml"):
        shutil.copyfile(default_config_dir() / file, folder / file)
    text = (folder / name).read_text("utf-8")
    assert text.count(old) == 1
    (folder / name).write_text(text.replace(old, new), "utf-8")
    return load_readings(folder)
