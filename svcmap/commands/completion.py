"""`svcmap completion SHELL`, made by shtab, and what its scripts ask svcmap for: contexts, namespaces and Services."""

from __future__ import annotations

import argparse
import re
import sys
from argparse import Namespace
from collections.abc import Iterable, Sequence

from svcmap.console import ExitCode
from svcmap.errors import SvcmapError
from svcmap.parsers import add_source, commands_parser

ASKED = {"service": "services", "namespaces": "namespaces", "context": "contexts"}
"""What is offered for an argument, by its name in the options."""
BASH = """_svcmap_{what}() {{
  local word
  while IFS= read -r word; do
    [[ $word == "$1"* ]] && printf '%s\\n' "$word"
  done < <(svcmap _complete {what} "${{COMP_WORDS[@]:1}}" 2>/dev/null)
}}
"""
ZSH = """_svcmap_{what}() {{
  local -a found
  found=("${{(@f)$(svcmap _complete {what} "${{(@)words[2,-1]}}" 2>/dev/null)}}")
  compadd -a found
}}
"""
FISH = """function _svcmap_{what}
  set -l words (commandline -opc)
  svcmap _complete {what} $words[2..-1] 2>/dev/null
end
"""
PREAMBLE = {
    shell: "".join(text.format(what=what) for what in ASKED.values())
    for shell, text in {"bash": BASH, "zsh": ZSH, "fish": FISH}.items()
}
PLAIN = re.compile(r"[A-Za-z0-9._:@/-]+\Z")
"""A name that means nothing but itself to a shell."""
FILES = ("paths", "filename", "kubeconfig", "assume", "expectations")


def run(options: Namespace) -> ExitCode:
    """Print the script for a shell."""
    import shtab

    parser = commands_parser(full=True)
    for one in _parsers(parser):
        for action in one._actions:
            what = ASKED.get(action.dest)
            if what:
                offered = {"bash": f"_svcmap_{what}", "zsh": f"_svcmap_{what}", "fish": f"(_svcmap_{what})"}
                action.complete = offered  # type: ignore[attr-defined]  # where shtab looks
            elif action.dest in FILES:
                action.complete = shtab.FILE  # type: ignore[attr-defined]
    sys.stdout.write(shtab.complete(parser, shell=options.shell, preamble=PREAMBLE[options.shell]))
    return ExitCode.OK


def _parsers(parser: argparse.ArgumentParser) -> Iterable[argparse.ArgumentParser]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            yield from action.choices.values()


def offer(words: Sequence[str]) -> int:
    """Print what may come next, a line each: `services`, `namespaces` or `contexts`, of the source that `words` name.

    Whatever goes wrong, nothing is offered: a shell that completes must not show errors.
    """
    try:
        found = _offered(words[0] if words else "", words[1:])
        # A shell may read what is offered as its own language: names of a folder are anybody's text.
        sys.stdout.write("".join(f"{item}\n" for item in found if PLAIN.match(item)))
    except (SvcmapError, OSError, SystemExit):
        return 0
    return 0


def _offered(what: str, words: Sequence[str]) -> list[str]:
    options = _source_options(words)
    if what == "contexts":
        from svcmap.sources.live.auth.kubeconfig import choose

        return list(choose(None, options.kubeconfig).contexts)
    from svcmap.commands.sources import source_of

    state = source_of(options).load()
    names = sorted(state.services)
    if what == "namespaces":
        return sorted({name.namespace for name in names})
    return [str(name) for name in names if not options.namespaces or name.namespace in options.namespaces]


def _source_options(words: Sequence[str]) -> Namespace:
    """The source options among words that are not finished yet."""
    parser = argparse.ArgumentParser(add_help=False, exit_on_error=False)
    add_source(parser)
    known = list(words)
    while True:
        try:
            options, rest = parser.parse_known_args(known)
            break
        except argparse.ArgumentError:  # an option whose value is still to be typed
            known = known[:-1]
    is_list = rest[:1] == ["list"]
    options.paths = [word for word in rest[1:] if not word.startswith("-")] if is_list else []
    options.namespace = options.namespaces[-1] if options.namespaces else None
    return options
