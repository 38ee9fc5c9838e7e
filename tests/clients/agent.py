"""Scripted providers whose model works as an agent: it calls the shell that a client offers.

    python3 agent.py COMMAND

starts one of each flavor, says where they are, and serves until its standard input closes. Whatever
the client's shell is called, it is told `COMMAND`, and what comes of that is quoted in the answer.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "sdk"))

from providers import mind  # noqa: E402

# The shells of Claude Code and of Codex, old and new, and what each wants to be told.
SHELLS = {
    "Bash": lambda command: {"command": command, "description": "Weighs it"},
    "exec_command": lambda command: {"cmd": command},
    "shell_command": lambda command: {"command": command},
    "shell": lambda command: {"command": ["sh", "-c", command]},
}

_ordinary = mind.answer


def works_with(command):
    """The mind of a model that has the command run, and then says what came of it."""

    def answer(behaviour, ask):
        if ask.results:
            return mind.Answer(["The shell said: ", "; ".join(ask.results)])
        shell = next((name for name in SHELLS if name in ask.tools), None)
        if shell is None:
            return _ordinary(behaviour, ask)
        return mind.Answer([], "tools", [mind.ToolUse(shell, SHELLS[shell](command))])

    return answer


if __name__ == "__main__":
    mind.answer = works_with(sys.argv[1])
    from providers import __main__  # noqa: F401
