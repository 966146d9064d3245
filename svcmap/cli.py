"""The command line: arguments only. A command imports what it needs when it runs, so `--version` stays cheap."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from svcmap import __version__

COMMANDS = ("list", "show")
WITH_VALUE = ("-f", "--filename", "-n", "--namespace", "-o", "--output", "--service", "--theme")
DESCRIPTION = "How traffic gets to a Kubernetes Service, and where it stops."


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code (console.ExitCode)."""
    words = command_first(sys.argv[1:] if arguments is None else arguments)
    options = build_parser(words).parse_args(words)
    from svcmap.commands.run import run

    return run(options)


def command_first(words: Sequence[str]) -> list[str]:
    """The words with the command in front: `-n shop list` is `list -n shop`, as kubectl takes it."""
    index = 0
    while index < len(words) and words[index].startswith("-") and words[index] not in ("-", "--"):
        index += 2 if words[index] in WITH_VALUE else 1
    if index < len(words) and words[index] in COMMANDS:
        return [words[index], *words[:index], *words[index + 1 :]]
    return list(words)


def build_parser(words: Sequence[str]) -> argparse.ArgumentParser:
    """The parser for these words: with a command first, that of the commands, else that of the terminal UI."""
    if words and words[0] in COMMANDS:
        return _commands_parser()
    return _ui_parser()


def _ui_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="svcmap",
        description=DESCRIPTION,
        usage="svcmap [PATH ...] [options]\n       svcmap list [PATH ...] [options]\n"
        "       svcmap show NS/NAME [-f PATH ...] [options]",
        epilog="commands: list (one row per Service), show NS/NAME (everything about one). "
        "`svcmap list --help`, `svcmap show --help`. A folder called `list` is `./list`.",
    )
    parser.add_argument("--version", action="version", version=f"svcmap {__version__}")
    parser.add_argument("paths", nargs="*", metavar="PATH", help="files or folders of manifests; - is standard input")
    _add_source(parser)
    parser.add_argument("--service", metavar="NS/NAME", help="open on this Service")
    parser.add_argument("--ascii", action="store_true", help="draw with ASCII characters only")
    parser.add_argument("--theme", choices=("dark", "light", "contrast"), default="dark", help="colours to start with")
    parser.set_defaults(command="ui")
    return parser


def _commands_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="svcmap", description=DESCRIPTION)
    commands = parser.add_subparsers(dest="command", required=True, prog="svcmap")
    listing = commands.add_parser("list", help="one row per Service", description="One row per Service.")
    listing.add_argument("paths", nargs="*", metavar="PATH", help="files or folders of manifests; - is standard input")
    _add_source(listing)
    listing.add_argument("-o", "--output", choices=("text", "json"), default="text", help="how to print (text)")
    showing = commands.add_parser("show", help="everything about one Service", description="Everything about one.")
    showing.add_argument("service", metavar="NS/NAME", help="the Service; also NAME with -n, or svc/NAME")
    _add_source(showing)
    showing.add_argument(
        "-o", "--output", choices=("text", "json", "mermaid", "dot"), default="text", help="how to print (text)"
    )
    showing.set_defaults(paths=[])
    return parser


def _add_source(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("source")
    group.add_argument(
        "-f",
        "--filename",
        action="append",
        default=[],
        metavar="PATH",
        help="file, folder or - for standard input; may be given again",
    )
    group.add_argument("--demo", action="store_true", help="the bundled example")
    group.add_argument(
        "-n", "--namespace", metavar="NS", help="show this namespace only; objects without a namespace get it"
    )
    group.add_argument("-A", "--all-namespaces", action="store_true", help="show every namespace (the default)")
