"""Portavoz-* fields that a sender wrote itself do not reach the readers, however they are written; ours do."""

from world import LIST, NORTE, Post

FORGED = (("Portavoz-Seal", "v=1; k=00; l=avisos@listas.example; t=1; n=00; s=AAAA"),
          ("Portavoz-Assembly", "Forged Assembly"), ("PORTAVOZ-ASSEMBLY", "Forged Assembly"),
          ("portavoz-proof", "dkim"), ("Portavoz-Designation", "1;\r\n\tforged"), ("Portavoz-Anything", "forged"))


def test(world):
    arrived = world.posts(Post(NORTE, LIST, "Decorated", extra=FORGED), NORTE)
    ours = [(name, value) for name, value in arrived.items() if name.lower().startswith("portavoz-")]
    world.require(sorted(name for name, _ in ours) == ["Portavoz-Assembly", "Portavoz-Designation", "Portavoz-Proof"],
                  f"exactly our three fields are there ({ours})")
    world.require(not any("orged" in value for _, value in ours), "none of them has a forged value")
