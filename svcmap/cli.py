"""The command line: arguments only. A command imports what it needs when it runs, so `--version` stays cheap."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from svcmap.parsers import COMMANDS, SOURCES, Parser, commands_parser, sources_help, ui_parser

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse

LATER = ("check", "diff", "explain")
"""Commands that are planned."""
WORDS = (*COMMANDS, "help", "version")
OFFERED = "_complete"
"""What the completion of a shell asks svcmap for: no command for people."""
WITH_VALUE = (
    *("-f", "--filename", "-n", "--namespace", "-o", "--output", "--service", "--theme", "--assume", "--color"),
    *("--context", "--kubeconfig", "--as", "--as-group", "--request-timeout", "-l", "--selector", "--sort-by"),
    *("--from", "--via", "--method", "-H", "--header", "--skip"),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code (console.ExitCode)."""
    words = command_first(sys.argv[1:] if arguments is None else arguments)
    if words[:1] == [OFFERED]:
        from svcmap.commands.completion import offer

        return offer(words[1:])
    if words == ["help", SOURCES]:
        sys.stdout.write(sources_help())
        return 0
    options = parse(words)
    from svcmap.commands.run import run

    return run(options)


def parse(words: Sequence[str]) -> argparse.Namespace:
    """The options of a command line whose command, if it has one, stands first. Ends the program where it is wrong."""
    words = _in_words(words)
    parser = build_parser(words)
    options, rest = parser.parse_known_args(words)
    if options.command == "dig" and options.type is None and len(rest) == 1 and not rest[0].startswith("-"):
        options.type = rest.pop()  # argparse knows no optional word after an option: `dig web --from … AAAA`
    options.namespace = options.namespaces[-1] if options.namespaces else None
    if options.command == "ui" and options.paths and (mistake := _mistaken(options.paths[0])):
        parser.error(mistake)
    if rest:
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    return options


def _in_words(words: Sequence[str]) -> Sequence[str]:
    """`help`, `help COMMAND` and `version` as the options that they stand for."""
    match list(words):
        case ["help"]:
            return ["--help"]
        case ["help", command] if command in COMMANDS:
            return [command, "--help"]
        case ["version"]:
            return ["--version"]
    return words


def _mistaken(word: str) -> str:
    """What is wrong with a word that is no command, where it is no file either; empty where it may be one."""
    from pathlib import Path

    if not word.isalpha() or Path(word).exists():
        return ""
    if word == "help":
        return f"help is of one command ({', '.join(COMMANDS)}) or of {SOURCES}"
    if word in LATER:
        return f"there is no `svcmap {word}` yet"
    from difflib import get_close_matches

    near = get_close_matches(word, WORDS, n=1)
    return f"no command, file or folder is called {word}; did you mean `svcmap {near[0]}`?" if near else ""


def command_first(words: Sequence[str]) -> list[str]:
    """The words with the command in front: `-n shop list` is `list -n shop`, as kubectl takes it."""
    index = 0
    while index < len(words) and words[index].startswith("-") and words[index] not in ("-", "--"):
        index += 2 if words[index] in WITH_VALUE else 1
    if index < len(words) and words[index] in COMMANDS:
        return [words[index], *words[:index], *words[index + 1 :]]
    return list(words)


def build_parser(words: Sequence[str]) -> Parser:
    """The parser for these words: with a command first, that of the commands, else that of the terminal UI."""
    if words and words[0] in COMMANDS:
        return commands_parser()
    return ui_parser()
