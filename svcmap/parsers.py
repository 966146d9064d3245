"""The arguments of every command, and its help: a line, examples, exit codes; source options are explained once."""

from __future__ import annotations

import argparse
from typing import NamedTuple

from svcmap import __version__

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing itself would be a third of the time that --version takes
    from typing import Any, NoReturn

THEMES = ("dark", "light", "contrast")
COLOURS = ("auto", "always", "never")
SHELLS = ("bash", "zsh", "fish")
DESCRIPTION = "How traffic gets to a Kubernetes Service, and where it stops."
SOURCES = "sources"
"""What `svcmap help` also knows, beside the commands."""
CODES_PAGE = "docs/codes.md"


class Command(NamedTuple):
    """A command: what it does in a line, examples with what they show, and what its exit codes mean."""

    does: str
    examples: tuple[tuple[str, str], ...]
    codes: str


READ = "2 a source or an argument is wrong, 3 part of the source could not be read"
COMMANDS: dict[str, Command] = {
    "list": Command(
        "one row per Service, with its mark and its worst problem",
        (
            ("svcmap list manifests/", "the Services of a folder"),
            ("svcmap list --context prod --problems --sort-by problem", "what is broken in a cluster, the worst first"),
            ("svcmap list -l tier=front -o wide", "those with a label, with every problem in full"),
        ),
        f"0 read, 1 never, {READ}",
    ),
    "show": Command(
        "everything about one Service: ways in hop by hop, ports, endpoints, DNS, problems",
        (
            ("svcmap show shop/web -f manifests/", "one Service of a folder"),
            ("svcmap show web -o mermaid", "its picture for a README; svg, dot, json and yaml too"),
        ),
        f"0 read, {READ}",
    ),
    "trace": Command(
        "follow one request, hop by hop, and say where it stops and why",
        (
            ("svcmap trace https://shop.example.com/cart", "a client of the internet"),
            ("svcmap trace http://web.shop --from pod:shop/cart-0", "a pod"),
            ("svcmap trace :30080", "every way through a node port, an address or a host"),
        ),
        "0 it gets there, 1 it does not, 2 as above, 3 not known",
    ),
    "dig": Command(
        "the DNS answer that the cluster would give, in zone-file form",
        (
            ("svcmap dig web.shop.svc.cluster.local", "an address"),
            ("svcmap dig web --from pod:shop/cart-0", "walk the search list of a pod"),
            ("svcmap dig _http._tcp.web.shop.svc.cluster.local SRV", "a port"),
        ),
        "0 NOERROR, 1 NXDOMAIN, 2 as above, 3 not known",
    ),
    "verify": Command(
        "run expectation files: questions with the answers they must have",
        (("svcmap verify tests/*.expect.yaml -f manifests/ -o junit", "a gate in CI"),),
        "0 all hold, 1 one does not, 2 as above",
    ),
    "snapshot": Command(
        "save what was read, without secrets, to look at or attach later",
        (("svcmap snapshot -o incident.json.gz --context prod", "`svcmap incident.json.gz` opens it anywhere"),),
        f"0 saved, {READ}",
    ),
    "completion": Command(
        "completion of commands, options, contexts, namespaces and Services for a shell",
        (
            ("source <(svcmap completion bash)", "in ~/.bashrc; zsh in the same way in ~/.zshrc"),
            ("svcmap completion fish > ~/.config/fish/completions/svcmap.fish", "fish"),
        ),
        "0 printed",
    ),
}


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one line, as all of svcmap's are."""

    def error(self, message: str) -> NoReturn:
        from svcmap import console

        console.error(f"{message}; see `{self.prog} --help`")
        self.exit(console.ExitCode.USAGE)


class _Help(argparse.RawDescriptionHelpFormatter):
    """Help as it is written: argparse would fold the examples."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=28, width=100)


def ui_parser() -> Parser:
    """That of the terminal UI, whose help is that of svcmap: every command in a line, and the source options."""
    lines = "".join(f"  {name:<11} {command.does}\n" for name, command in COMMANDS.items())
    parser = Parser(
        prog="svcmap",
        description=DESCRIPTION,
        usage="svcmap [PATH ...] [options]      the terminal UI\n       svcmap COMMAND ... [options]",
        epilog=f"commands:\n{lines}"
        "  help        `svcmap help COMMAND`, `svcmap help sources`\n  version     what this is\n\n"
        "examples:\n  svcmap --demo              the bundled example\n  svcmap manifests/          a folder\n"
        "  svcmap --context prod      a live cluster, read-only\n\n"
        "exit codes: 0 fine, 1 a problem that was asked for, 2 usage or source error, 3 not known or not all read\n"
        f"codes in brackets, ids of findings and reasons: {CODES_PAGE}\n"
        "A command word always wins over a folder of that name: `./list` is the folder.",
        formatter_class=_Help,
    )
    parser.add_argument("--version", action="version", version=f"svcmap {__version__}")
    parser.add_argument("paths", nargs="*", metavar="PATH", help="files or folders of manifests; - is standard input")
    parser.add_argument("--service", metavar="NS/NAME", help="open on this Service")
    parser.add_argument("--ascii", action="store_true", help="draw with ASCII characters only")
    parser.add_argument("--theme", choices=THEMES, default="", help="colours to start with (the last ones)")
    add_source(parser)
    parser.set_defaults(command="ui")
    return parser


def sources_help() -> str:
    """The source options alone, as `svcmap help sources` prints them."""
    parser = Parser(prog="svcmap", usage=argparse.SUPPRESS, add_help=False, formatter_class=_Help)
    add_source(parser)
    lead = "Where a command reads from: PATHs or -f, else --context, else the current kubeconfig context.\n\n"
    return lead + parser.format_help().lstrip()


def commands_parser(*, full: bool = False) -> Parser:
    """That of all commands; with `full` the source options are in the help of each."""
    parser = Parser(prog="svcmap", description=DESCRIPTION)
    commands = parser.add_subparsers(dest="command", required=True, prog="svcmap")
    for name, add in (
        ("list", _list),
        ("show", _show),
        ("trace", _trace),
        ("dig", _dig),
        ("verify", _verify),
        ("snapshot", _snapshot),
    ):
        own = _command(commands, name)
        add(own)
        add_source(own, hidden=not full)
    shell = _command(commands, "completion")
    shell.add_argument("shell", choices=SHELLS, help="the shell")
    shell.set_defaults(namespaces=[])
    return parser


def _command(commands: argparse._SubParsersAction[Parser], name: str) -> Parser:
    command = COMMANDS[name]
    width = max(len(line) for line, _ in command.examples) + 2
    examples = "".join(f"  {line:<{width}}{shows}\n" for line, shows in command.examples)
    where = (
        "" if name == "completion" else "\nwhere to read from (-f, --context, -n, --assume …): `svcmap help sources`"
    )
    parser = commands.add_parser(
        name,
        help=command.does,
        description=f"{command.does[0].upper()}{command.does[1:]}.",
        epilog=f"examples:\n{examples}\nexit codes: {command.codes}{where}",
        formatter_class=_Help,
    )
    parser.set_defaults(paths=[])
    return parser


def _output(parser: Parser, *choices: str) -> None:
    parser.add_argument("-o", "--output", choices=choices, default=choices[0], help=f"how to print ({choices[0]})")
    if "text" in choices:
        parser.add_argument("--color", choices=COLOURS, default="auto", help="colour the marks (auto: on a terminal)")


def _list(parser: Parser) -> None:
    parser.add_argument("paths", nargs="*", metavar="PATH", help="files or folders of manifests; - is standard input")
    _output(parser, "text", "wide", "name", "yaml", "json")
    parser.add_argument("--no-headers", action="store_true", help="leave the line of headings out")
    parser.add_argument("-l", "--selector", default="", metavar="SELECTOR", help="only Services with these labels")
    parser.add_argument("--problems", action="store_true", help="only Services with problems")
    parser.add_argument(
        "--sort-by", choices=("name", "type", "ready", "problem"), default="name", help="the order (name)"
    )
    parser.add_argument("-w", "--watch", action="store_true", help="go on: print what changes, until ctrl-c")


def _show(parser: Parser) -> None:
    parser.add_argument("service", metavar="NS/NAME", help="the Service; also NAME (if only one has it) or svc/NAME")
    _output(parser, "text", "json", "yaml", "mermaid", "dot", "svg")
    parser.add_argument("--theme", choices=THEMES, default="", help="colours of -o svg (those that the viewer prefers)")


def _trace(parser: Parser) -> None:
    parser.add_argument(
        "url",
        metavar="URL",
        help="https://shop.example.com/cart, tcp://10.96.0.1:443; or an address, :NODEPORT, host, Service or pod: "
        "all ways to it",
    )
    _output(parser, "text", "json")
    parser.add_argument(
        "--from",
        dest="vantage",
        metavar="WHO",
        help="who asks: internet (the default), an IP, node:NAME, pod:NS/NAME, workload:NS/KIND/NAME, namespace:NS, "
        "or anyone of a kind: intranet, node, pod",
    )
    ways = "node:NAME, ingress:NS/NAME, gateway:NS/NAME, route:NS/NAME"
    parser.add_argument("--via", metavar="WHERE", help=f"where it arrives: {ways}")
    parser.add_argument("--method", help="HTTP method (GET)")
    parser.add_argument("-H", "--header", action="append", default=[], metavar="NAME:VALUE", help="a request header")


def _dig(parser: Parser) -> None:
    parser.add_argument("name", metavar="NAME", help="the name to look up, or an address for its names")
    parser.add_argument("type", nargs="?", metavar="TYPE", help="record type (A; PTR for an address)")
    _output(parser, "text", "json")
    parser.add_argument("--from", dest="vantage", metavar="WHO", help="walk the search list of pod:NS/NAME and others")


def _verify(parser: Parser) -> None:
    parser.add_argument("expectations", nargs="+", metavar="FILE", help="expectation files")
    _output(parser, "text", "json", "junit")
    parser.add_argument("--skip", action="append", default=[], metavar="QUESTION", help="leave a kind of question out")


def _snapshot(parser: Parser) -> None:
    parser.add_argument("paths", nargs="*", metavar="PATH", help="files or folders of manifests; default: the cluster")
    parser.add_argument("-o", "--output", required=True, metavar="FILE", help="the file to write (.gz: compressed)")
    parser.add_argument("--no-pods", action="store_true", help="leave the pods out: what needs them is unknown then")


def seconds(text: str) -> float:
    """`5`, `5s`, `1m`, `1m30s`, `500ms`: a duration as kubectl takes it. Raises ArgumentTypeError for anything else."""
    units = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001, "": 1.0}
    import re

    parts = re.findall(r"(\d+(?:\.\d+)?)(ms|h|m|s|)", text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise argparse.ArgumentTypeError(f"{text}: a time is 5, 5s, 1m or 500ms")
    return sum(float(number) * units[unit] for number, unit in parts)


def add_source(parser: argparse.ArgumentParser, *, hidden: bool = False) -> None:
    """The options that say where to read from; `hidden` ones work and are explained in `svcmap help sources`."""
    group = parser.add_argument_group("source")

    def add(*flags: str, help: str, **how: Any) -> None:  # noqa: A002 (argparse's name)
        group.add_argument(*flags, help=argparse.SUPPRESS if hidden else help, **how)

    add(
        "-f",
        "--filename",
        action="append",
        default=[],
        metavar="PATH",
        help="file, folder, snapshot, or - for standard input; may be given again",
    )
    add("--demo", action="store_true", help="the bundled example")
    add("--context", metavar="NAME", help="a live cluster: this context of the kubeconfig")
    add("--kubeconfig", metavar="FILE", help="the kubeconfig (default $KUBECONFIG, ~/.kube/config)")
    add("--as", dest="as_user", metavar="USER", help="act as this user of the cluster")
    add("--as-group", dest="as_groups", action="append", default=[], metavar="GROUP", help="and in this group; again")
    add(
        "--request-timeout",
        type=seconds,
        default=0.0,
        metavar="TIME",
        help="give up on a request to the cluster after this long (5, 5s, 1m; 0: when nothing comes for a minute)",
    )
    add(
        "-n",
        "--namespace",
        dest="namespaces",
        action="append",
        default=[],
        metavar="NS",
        help="show this namespace only (again: these); objects without a namespace get it",
    )
    add("-A", "--all-namespaces", action="store_true", help="show every namespace (the default)")
    add(
        "--assume",
        metavar="FILE",
        help="how components are configured where no object says (YAML: dns, proxy, kubelet, libc, controllers)",
    )
