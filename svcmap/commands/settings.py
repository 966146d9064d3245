"""What a person wants every time: `$XDG_CONFIG_HOME/svcmap/config.yaml` with `theme`, `density` and `namespace`."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from svcmap import console, exact_yaml
from svcmap.parsers import THEMES

NAMESPACE = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?\Z")
DENSITIES = ("auto", "boxed", "split", "compact", "fold")
KNOWN = {"theme": THEMES, "density": DENSITIES, "namespace": ()}
"""Each key with the values it may have; empty: any name."""


class Settings(NamedTuple):
    """Empty where nothing is set."""

    theme: str = ""
    density: str = ""
    namespace: str = ""


def settings_file(environment: Mapping[str, str] = os.environ) -> Path:
    """Where the settings are (XDG Base Directory Specification)."""
    base = environment.get("XDG_CONFIG_HOME") or ""
    home = environment.get("HOME") or "/"
    folder = Path(base) if base.startswith("/") else Path(home) / ".config"
    return folder / "svcmap" / "config.yaml"


def read_settings(path: Path) -> Settings:
    """The settings of a file. What is wrong with it is one line on stderr, and nothing of it counts."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Settings()
    except (OSError, UnicodeDecodeError) as error:
        return _broken(path, getattr(error, "strerror", None) or "not UTF-8")
    try:
        documents = exact_yaml.load(text)
    except exact_yaml.YamlError as error:
        return _broken(path, f"line {error.line}: {error.reason}")
    value = documents[0].value if documents else {}
    if not isinstance(value, dict):
        return _broken(path, "write it as `theme: dark`, a setting a line")
    for key, given in value.items():
        if key not in KNOWN:
            return _broken(path, f"{key} is no setting; there are {', '.join(KNOWN)}")
        if not isinstance(given, str) or given not in (KNOWN[key] or (given,)):
            allowed = ", ".join(KNOWN[key]) or "a name"
            return _broken(path, f"{key} is {allowed}")
    if (wanted := value.get("namespace")) and not NAMESPACE.match(wanted):
        return _broken(path, f"namespace {wanted} is no name of one")
    return Settings(**value)


def _broken(path: Path, reason: str) -> Settings:
    console.error(f"{path}: {reason}; the file is ignored")
    return Settings()


def _values(text: str) -> dict[object, object] | None:
    """The settings as they are written; None for what cannot be read."""
    try:
        documents = exact_yaml.load(text)
    except exact_yaml.YamlError:
        return None
    value = documents[0].value if documents else {}
    return {} if value is None else value if isinstance(value, dict) else None


def remember_theme(path: Path, theme: str) -> None:
    """Write the theme into the settings; everything else in the file stays as it is. A file that cannot be written is
    left alone: a preference is worth no error.
    """
    try:
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        if text and not text.endswith("\n"):
            text += "\n"
        before, line = _values(text), f"theme: {theme}"
        found = re.compile(r"(?m)^theme:[^#\n]*?(?P<comment>\s+#.*)?$")
        after = found.sub(lambda m: line + (m["comment"] or ""), text) if found.search(text) else f"{text}{line}\n"
        if before is None or _values(after) != {**before, "theme": theme}:
            return  # written in a way that this would break
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(after, encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return
