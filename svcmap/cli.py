"""The command line: arguments only. A command imports what it needs when it runs, so `--version` stays cheap."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from svcmap import __version__

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing itself would be a third of the time that --version takes
    from typing import NoReturn

COMMANDS = ("list", "show", "trace", "dig", "verify", "snapshot")
LATER = ("check", "diff", "explain")
"""Commands that are planned."""
THEMES = ("dark", "light", "contrast")
WITH_VALUE = (
    *("-f", "--filename", "-n", "--namespace", "-o", "--output", "--service", "--theme", "--assume"),
    *("--context", "--kubeconfig", "--as", "--as-group", "--request-timeout"),
    *("--from", "--via", "--method", "-H", "--header", "--skip"),
)
DESCRIPTION = "How traffic gets to a Kubernetes Service, and where it stops."


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are one line, as all of svcmap's are."""

    def error(self, message: str) -> NoReturn:
        from svcmap import console

        console.error(f"{message}; see `{self.prog} --help`")
        self.exit(console.ExitCode.USAGE)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code (console.ExitCode)."""
    words = command_first(sys.argv[1:] if arguments is None else arguments)
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
        return f"help is of one command: {', '.join(COMMANDS)}"
    if word in LATER:
        return f"there is no `svcmap {word}` yet"
    from difflib import get_close_matches

    near = get_close_matches(word, COMMANDS, n=1)
    return f"no command, file or folder is called {word}; did you mean `svcmap {near[0]}`?" if near else ""


def command_first(words: Sequence[str]) -> list[str]:
    """The words with the command in front: `-n shop list` is `list -n shop`, as kubectl takes it."""
    index = 0
    while index < len(words) and words[index].startswith("-") and words[index] not in ("-", "--"):
        index += 2 if words[index] in WITH_VALUE else 1
    if index < len(words) and words[index] in COMMANDS:
        return [words[index], *words[:index], *words[index + 1 :]]
    return list(words)


def build_parser(words: Sequence[str]) -> _Parser:
    """The parser for these words: with a command first, that of the commands, else that of the terminal UI."""
    if words and words[0] in COMMANDS:
        return _commands_parser()
    return _ui_parser()


def _ui_parser() -> _Parser:
    parser = _Parser(
        prog="svcmap",
        description=DESCRIPTION,
        usage="svcmap [PATH ...] [options]\n       svcmap list [PATH ...] [options]\n"
        "       svcmap show NS/NAME [-f PATH ...] [options]\n"
        "       svcmap trace URL [--from WHO] [-f PATH ...] [options]\n"
        "       svcmap dig NAME [TYPE] [-f PATH ...] [options]\n       svcmap verify FILE ... [-f PATH ...] [options]\n"
        "       svcmap snapshot -o FILE [PATH ...] [options]",
        epilog="commands: list (one row per Service), show (everything about one), trace (follow one request), "
        "dig (the DNS answer), verify (run expectation files), snapshot (save what was read); "
        "`svcmap help trace` and so on. "
        "A folder called `list` is `./list`.",
    )
    parser.add_argument("--version", action="version", version=f"svcmap {__version__}")
    parser.add_argument("paths", nargs="*", metavar="PATH", help="files or folders of manifests; - is standard input")
    _add_source(parser)
    parser.add_argument("--service", metavar="NS/NAME", help="open on this Service")
    parser.add_argument("--ascii", action="store_true", help="draw with ASCII characters only")
    parser.add_argument("--theme", choices=THEMES, default="dark", help="colours to start with")
    parser.set_defaults(command="ui")
    return parser


def _commands_parser() -> _Parser:
    parser = _Parser(prog="svcmap", description=DESCRIPTION)
    commands = parser.add_subparsers(dest="command", required=True, prog="svcmap")
    listing = _command(commands, "list", "one row per Service", ("text", "json"))
    listing.add_argument("paths", nargs="*", metavar="PATH", help="files or folders of manifests; - is standard input")
    listing.add_argument(
        "-w", "--watch", action="store_true", help="go on: print what changes in the cluster, until ctrl-c"
    )
    showing = _command(commands, "show", "everything about one Service", ("text", "json", "mermaid", "dot", "svg"))
    showing.add_argument("service", metavar="NS/NAME", help="the Service; also NAME with -n, or svc/NAME")
    showing.add_argument(
        "--theme", choices=THEMES, default="", help="colours of -o svg (without it those that the viewer prefers)"
    )
    tracing = _command(commands, "trace", "follow one request, hop by hop", ("text", "json"))
    tracing.add_argument(
        "url",
        metavar="URL",
        help="https://shop.example.com/cart, tcp://10.96.0.1:443; or an address, :NODEPORT, host, pod: all ways to it",
    )
    tracing.add_argument(
        "--from",
        dest="vantage",
        metavar="WHO",
        help="who asks: internet (the default), an IP, node:NAME, pod:NS/NAME, workload:NS/KIND/NAME, namespace:NS, "
        "or anyone of a kind: intranet, node, pod",
    )
    ways = "node:NAME, ingress:NS/NAME, gateway:NS/NAME, route:NS/NAME"
    tracing.add_argument("--via", metavar="WHERE", help=f"where it arrives: {ways}")
    tracing.add_argument("--method", help="HTTP method (GET)")
    tracing.add_argument("-H", "--header", action="append", default=[], metavar="NAME:VALUE", help="a request header")
    digging = _command(commands, "dig", "the DNS answer the cluster gives, in zone-file form", ("text", "json"))
    digging.add_argument("name", metavar="NAME", help="the name to look up, or an address for its names")
    digging.add_argument("type", nargs="?", metavar="TYPE", help="record type (A; PTR for an address)")
    digging.add_argument("--from", dest="vantage", metavar="WHO", help="walk the search list of pod:NS/NAME and others")
    verifying = _command(commands, "verify", "run expectation files", ("text", "json", "junit"))
    verifying.add_argument("expectations", nargs="+", metavar="FILE", help="expectation files")
    verifying.add_argument(
        "--skip", action="append", default=[], metavar="QUESTION", help="leave a kind of question out"
    )
    saving = commands.add_parser("snapshot", help="save what was read", description="Save what was read, stripped.")
    saving.add_argument("paths", nargs="*", metavar="PATH", help="files or folders of manifests; default: the cluster")
    saving.add_argument("-o", "--output", required=True, metavar="FILE", help="the file to write (.gz: compressed)")
    saving.add_argument("--no-pods", action="store_true", help="leave the pods out: what needs them is unknown then")
    _add_source(saving)
    return parser


def seconds(text: str) -> float:
    """`5`, `5s`, `1m`, `1m30s`, `500ms`: a duration as kubectl takes it. Raises ArgumentTypeError for anything else."""
    units = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001, "": 1.0}
    import re

    parts = re.findall(r"(\d+(?:\.\d+)?)(ms|h|m|s|)", text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise argparse.ArgumentTypeError(f"{text}: a time is 5, 5s, 1m or 500ms")
    return sum(float(number) * units[unit] for number, unit in parts)


def _command(
    commands: argparse._SubParsersAction[_Parser], name: str, does: str, outputs: tuple[str, ...]
) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=does, description=f"{does[0].upper()}{does[1:]}.")
    parser.add_argument("-o", "--output", choices=outputs, default="text", help="how to print (text)")
    _add_source(parser)
    parser.set_defaults(paths=[])
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
    group.add_argument(
        "--assume",
        metavar="FILE",
        help="how components are configured where no object says (YAML: dns, proxy, kubelet)",
    )
    group.add_argument("--demo", action="store_true", help="the bundled example")
    group.add_argument("--context", metavar="NAME", help="a live cluster: this context of the kubeconfig")
    group.add_argument("--kubeconfig", metavar="FILE", help="the kubeconfig (default $KUBECONFIG, ~/.kube/config)")
    group.add_argument("--as", dest="as_user", metavar="USER", help="act as this user of the cluster")
    group.add_argument(
        "--as-group", dest="as_groups", action="append", default=[], metavar="GROUP", help="and in this group; again"
    )
    group.add_argument(
        "--request-timeout",
        type=seconds,
        default=0.0,
        metavar="TIME",
        help="give up on a request to the cluster after this long (5, 5s, 1m; 0: when nothing comes for a minute)",
    )
    group.add_argument(
        "-n",
        "--namespace",
        dest="namespaces",
        action="append",
        default=[],
        metavar="NS",
        help="show this namespace only (again: these); objects without a namespace get it",
    )
    group.add_argument("-A", "--all-namespaces", action="store_true", help="show every namespace (the default)")
