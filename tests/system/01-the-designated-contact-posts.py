"""The designated contact, logged in, posts: the reader gets it with our fields and without the seal, and the register
can say afterwards who stands behind it."""

from world import LIST, NORTE, Post


def test(world):
    post = Post(NORTE, LIST, "Aviso")
    arrived = world.posts(post, NORTE)
    world.require(arrived["Portavoz-Assembly"] == "Asamblea del Norte", "Portavoz-Assembly names the assembly")
    world.require(arrived["Portavoz-Proof"] == "login", "Portavoz-Proof is login")
    world.require("Portavoz-Designation" in arrived, "Portavoz-Designation is there")
    world.require("Portavoz-Seal" not in arrived, "the seal was taken off at the door")

    verdict = world.decided(post, "proven-by-login")
    world.require(verdict["decision_kind"] == "vouch" and verdict["decided_by"] == "root",
                  "the verdict names the decision behind it and who took it")
    by_queue_id = world.portavoz.ask("explain", verdict["queue_id"])["verdicts"]
    world.require([one["id"] for one in by_queue_id] == [verdict["id"]], "the queue id finds the same verdict")
