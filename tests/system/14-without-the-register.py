"""While PostgreSQL is away the gate decides from what it has, and the command line says so with exit status 69; the
verdicts of that time reach the register afterwards."""

from world import INDIVIDUAL, LIST, NORTE, Post


def test(world):
    honest, individual = Post(NORTE, LIST, "Honest"), Post(INDIVIDUAL, LIST, "Individual")
    with world.without_register():
        world.posts(honest, NORTE)
        world.replied(world.send(individual, login=INDIVIDUAL), 550, "5.7.2")
        done = world.portavoz.attempt("contacts")
        said = done.stderr.decode()
        world.require(done.returncode == 69, f"the command line exits with 69 (it was {done.returncode})")
        world.require(len(said.split()) > 5, f"and says a sentence: {said.strip()}")
    world.decided(honest, "proven-by-login")
    world.decided(individual, "not-designated")
    world.absent(individual)
