"""The second half of deploy/quickstart, after the build: starts the stack, tells the story, shows the table.

usage: quickstart BUILD [--once]. The exit status is 0 only if every line of the story came out as it must.
"""

import os
import signal
import sys
import time

from stack.processes import Failure
from stack.stack import PASSWORD, Stack
from stack.story import TITLES, WIDTHS, Story
from stack.table import BOLD, GREEN, RED, paint, table


class Interrupted(Exception):
    """Ctrl-C, or somebody asks us to end: everything is stopped on the way out."""


def interrupt(*_):
    raise Interrupted


class Progress:
    """One line a step, with the time at which it began."""

    def __init__(self):
        self.begun = time.monotonic()

    def __call__(self, text):
        print(f"  [{time.monotonic() - self.begun:5.1f} s] {text}", flush=True)


def where_to_look(stack, queue_id):
    portavoz = stack.portavoz.short_command
    commands = (("contacts", "who may post, and who wants to"), ("reports --all", "what the verifier found"),
                ("log --posts", "the verdicts"), ("held list", "what came past the gate"),
                (f"explain {queue_id}", "why that post was refused"), ("--help", "everything else"))
    lines = [paint("Where to look next", BOLD), "  the admin's commands, as root:"]
    lines += [f"    {portavoz + ' ' + words:<62} {what}" for words, what in commands]
    lines.append("  the logs:")
    lines += [f"    {path:<62} {what}" for what, path in stack.logs()]
    return "\n".join(lines)


def ports(stack):
    lines = [paint("Running until Ctrl-C", BOLD),
             f"  SMTP          127.0.0.1:{stack.postfix.port}  (logins: the addresses of the story, password {PASSWORD})"]
    lines += [f"  web site      http://127.0.0.1:{port}/  ({site})" for site, port in stack.web.ports.items()]
    lines += [f"  PostgreSQL    {stack.postgres.dsn}", f"  Maildirs      {stack.postfix.mailboxes}/"]
    return "\n".join(lines)


def show(story):
    def colour(index, text):
        return paint(text, GREEN if story.lines[index].right else RED)
    print("\n" + table(TITLES, [line.cells() for line in story.lines], WIDTHS, colour) + "\n", flush=True)


def tell_failure(stack, failure):
    print(f"\n{paint('quickstart: failed: ' + str(failure), RED)}", file=sys.stderr)
    log = getattr(failure, "log", None)
    for path in [log] if log else [path for _, path in stack.logs() if os.path.exists(path)]:
        print(f"quickstart: its log: {path}", file=sys.stderr)
    print(f"quickstart: stopping everything; it is kept for reading in {stack.directory}", file=sys.stderr)


def main():
    build, once = sys.argv[1], "--once" in sys.argv[2:]
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)
    progress = Progress()
    stack = Stack(build, progress)
    print(f"The story, in {stack.directory}", flush=True)
    story = Story(stack)
    keep = True
    try:
        stack.start()
        story.tell(progress)
        show(story)
        wrong = [line for line in story.lines if not line.right]
        if wrong:
            raise Failure(f"{len(wrong)} of {len(story.lines)} lines of the story came out wrong (see the table)",
                          stack.postfix.log)
        print(f"All {len(story.lines)} lines of the story came out as they must, "
              f"{time.monotonic() - progress.begun:.0f} s after the build.\n")
        if not once:
            print(f"{where_to_look(stack, story.last_refused)}\n\n{ports(stack)}", flush=True)
            signal.pause()
        if once:
            print("Where to look next: without --once all of it stays up, and the admin's commands (portavoz contacts,\n"
                  "reports, log --posts, held list, explain ID), the logs and the ports are printed.")
        keep = False
        return 0
    except Interrupted:
        print("\nStopping everything.")
        keep = False
        return 0 if story.complete else 130
    except (Failure, OSError, ValueError) as failure:
        if story.lines and not story.complete:
            show(story)
        tell_failure(stack, failure)
        return 1
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)  # nothing interrupts the stopping
        stack.stop()
        if not keep:
            stack.remove()


if __name__ == "__main__":
    sys.exit(main())
