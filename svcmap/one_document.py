"""A small YAML file that a person writes for svcmap itself: expectations, assumptions. One document, no key twice."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from svcmap import exact_yaml
from svcmap.errors import SourceError


def one_document(path: Path, title: str) -> Any:
    """The value of the only document of a file, None for an empty one. Raises SourceError, beginning with `title`."""
    try:
        documents = exact_yaml.load(path.read_text("utf-8"))
    except OSError as error:
        raise SourceError(f"{title}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise SourceError(f"{title}: not UTF-8 text") from None
    except exact_yaml.YamlError as error:
        place = f":{error.line}:{error.column}" if error.line else ""
        raise SourceError(f"{title}{place}: {error.reason}") from None
    if len(documents) > 1:
        raise SourceError(f"{title}:{documents[1].line}: the file must be one YAML document")
    if documents and documents[0].duplicates:
        twice = documents[0].duplicates[0]
        raise SourceError(f"{title}:{twice.line}: key {twice.key} is given twice (first in line {twice.first_line})")
    return documents[0].value if documents else None
