"""Bad input on the command line: each mistake gets its exit status and a sentence, and changes nothing."""

from stack.processes import run
from world import LIST, NORTE, RIVERSIDE

APPLY = ["apply", "--list", LIST, "--assembly", "Another", "--address", "info@another.example", "--url",
         "https://another.example/contact"]


def replaced(option, value):
    arguments = list(APPLY)
    arguments[arguments.index(option) + 1] = value
    return arguments


def test(world):
    before = state(world)
    for arguments, status in ((replaced("--address", "no address"), 65), (replaced("--url", "ftp://another.example/"), 65),
                              (replaced("--url", "another.example"), 65), (replaced("--list", "none@listas.example"), 66),
                              (["approve", "999999", "--reason", "no such report"], 66),
                              (["confirm", world.contact(NORTE), "--reason", "already designated"], 65),
                              (["vouch", world.contact(NORTE), "--reason", "already designated"], 65),
                              (["approve", "one", "--reason", "no number"], 65), (["approve", "1"], 64),
                              (["explain", "no-such-id"], 66), (["held", "show", "no-such-id"], 66),
                              (["lists"], 64)):
        refused(world, world.portavoz.attempt(*arguments), arguments, status)
    # Nobody's decision: an OS user that PostgreSQL does not know.
    nobody = run(world.portavoz.command("vouch", world.contact(RIVERSIDE), "--reason", "I am nobody"), user="nobody")
    refused(world, nobody, ["vouch, as nobody"], 77)
    world.require(state(world) == before, "nothing was changed")


def refused(world, done, arguments, status):
    said = done.stderr.decode().strip()
    world.require(done.returncode == status, f"`{' '.join(map(str, arguments))}` exits with {status} (it was "
                                             f"{done.returncode}: {said})")
    world.require(len(said.split()) >= 5, f"and says what to do: {said}")


def state(world):
    history = world.portavoz.ask("log", "--limit", "1")["history"]
    return history[0]["seq"], world.portavoz.contacts()
