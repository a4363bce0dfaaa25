"""Commands of the list manager stay open to everybody; any other extension is the list itself; and a message to a command
never becomes a post, whatever its header says."""

from world import INDIVIDUAL, LIST, NORTE, Post

SUBSCRIBE, UNKNOWN = "avisos+subscribe@listas.example", "avisos+unknown@listas.example"


def test(world):
    answers = world.stack.maildir(INDIVIDUAL)
    before = len(answers.messages())
    commands = [Post(INDIVIDUAL, SUBSCRIBE, "subscribe"), Post(INDIVIDUAL, LIST, "To the list"),
                Post(INDIVIDUAL, LIST, "Delivered-To", extra=[("Delivered-To", LIST)]),
                Post(INDIVIDUAL, LIST, "X-Original-To", extra=[("X-Original-To", LIST), ("Envelope-To", LIST)])]
    for command in commands:
        world.replied(world.send(command, to=[SUBSCRIBE]), 250, "2.0.0")
    world.wait_until(lambda: len(answers.messages()) >= before + len(commands), "an answer to each command")
    world.honest_post_passes()
    for command in commands:
        world.absent(command)

    world.refused(Post(INDIVIDUAL, UNKNOWN, "Unknown"), 550, "5.7.2", "not-designated", login=INDIVIDUAL)
    world.refused(Post(NORTE, UNKNOWN, "Unknown"), 550, "5.7.26", "not-proven")
    # The designated contact's own post to it is a post to the list.
    world.replied(world.send(Post(NORTE, UNKNOWN, "Own"), login=NORTE), 250, "2.0.0")
