"""Why a document cannot be read, in words that help: the real cause often stands before the place a parser names."""

from __future__ import annotations

import re
from typing import NamedTuple

INVISIBLE = {
    "\u00a0": "NO-BREAK SPACE (U+00A0)",
    "\u3000": "IDEOGRAPHIC SPACE (U+3000)",
    "\u200b": "ZERO WIDTH SPACE (U+200B)",
    "\ufeff": "BYTE ORDER MARK (U+FEFF)",
    "\u2028": "LINE SEPARATOR (U+2028)",
}
INVISIBLE_PATTERN = re.compile("[" + "".join(INVISIBLE) + "]")
COMMENT = re.compile(r"(?:^|\s)#.*")
SLASHES = re.compile(r"\s//")
TAB_INDENT = re.compile(r"^ *\t", re.MULTILINE)
TEMPLATE = re.compile(r"\{\{|\{%|<%")
MASKED = re.compile(r":\s+(\*[*.xX\d]*\*?[*.]+\S*)")

SLASHES_HINT = "`//` does not start a comment in YAML: use ` #`"


class Hint(NamedTuple):
    """A plain reason, and the place of the real cause: lines and columns count from 1 within the text."""

    reason: str
    line: int
    column: int


def invisible_characters(text: str) -> Hint | None:
    """The first character outside comments that looks like a blank and is none."""
    first = None
    for number, line in enumerate(text.split("\n"), 1):
        if INVISIBLE_PATTERN.search(line) and (match := INVISIBLE_PATTERN.search(COMMENT.sub("", line))):
            first = number, match.start() + 1, INVISIBLE[match[0]]
            break
    if first is None:
        return None
    found = len(INVISIBLE_PATTERN.findall(text))
    line_number, column, name = first
    count = f", {found} of such in this document" if found > 1 else ""
    return Hint(f"{name} where a space belongs{count}: copied from a web page or a slide?", line_number, column)


HEADING = re.compile(r"[A-Z][A-Z()-]*\Z")
DESCRIBED = re.compile(r"Name: {2,}\S+\Z")
FIELD = re.compile(r"(?:Namespace|Labels|Annotations|Selector|Type|IP|Port|Node|Status|Rules|Address|Containers): ")
KUBECTL_ERROR = re.compile(
    r"Error from server|error: (?:the|You|no|unable|cannot|unknown|flag|from) |The connection to the server|"
    r"No resources found|Unable to connect to the server"
)
PROMPT = re.compile(r"(?:[\w.-]+@[\w.-]+[:\w~/.-]*)?[$❯%] \S|(?:PS )?[A-Z]:\\\S*> ")
FENCE = re.compile(r"(?:```|~~~)")
BEGINNING = 3
"""Lines in which a prompt or a fence would stand."""


def _is_heading(line: str) -> bool:
    """Whether a line is that of the headings of `kubectl get`."""
    words = line.split()
    return len(words) > 2 and words[0] in ("NAME", "NAMESPACE") and all(HEADING.match(word) for word in words)


def pasted(text: str) -> Hint | None:
    """What a text is that was copied from a terminal or a page; None for one that may be a manifest."""
    lines = [(number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip() and line != "---"]
    if not lines:
        return None
    first, line = lines[0][0], lines[0][1].rstrip()
    if _is_heading(line):
        return Hint("this is a table of kubectl get: add -o yaml", first, 1)
    if DESCRIBED.match(line) and any(FIELD.match(other) for _, other in lines[1:4]):
        return Hint("this is the output of kubectl describe: take that of kubectl get -o yaml", first, 1)
    if KUBECTL_ERROR.match(line):
        return Hint("this is what kubectl says of an error, not a manifest", first, 1)
    for number, other in lines[:BEGINNING]:
        if PROMPT.match(other):
            return Hint("the prompt of a shell was pasted with it: leave out the line", number, 1)
        if FENCE.match(other):
            return Hint("a Markdown fence was pasted with it: leave out its lines", number, 1)
    return None


def explain(text: str, reason: str, line: int) -> Hint | None:
    """The likely cause of a parse error that a parser reported at `line` of `text`; None if the parser said it best."""
    if hint := invisible_characters(text):
        return hint
    lines = text.split("\n")
    if match := TAB_INDENT.search(text):
        at = text.count("\n", 0, match.start()) + 1
        if at <= line:
            return Hint("a tab in the indentation: YAML indents with spaces only", at, match.end() - match.start())
    if match := TEMPLATE.search(text):
        return Hint(
            "a template, not a manifest: render it first, for example with `helm template`",
            text.count("\n", 0, match.start()) + 1,
            match.start() - text.rfind("\n", 0, match.start()),
        )
    if "alias" in reason and 0 < line <= len(lines) and (match := MASKED.search(lines[line - 1])):
        says = f"a value that starts with * is an alias in YAML; {match[1]} looks like a masked address"
        return Hint(f"{says}: write the real one, quote it, or drop the line", line, match.start(1) + 1)
    for number in range(min(line, len(lines)), 0, -1):
        if match := SLASHES.search(COMMENT.sub("", lines[number - 1])):
            return Hint(SLASHES_HINT, number, match.start() + 2)
    return None
