"""Hosts on one machine: each has a network and a host name of its own, and a bridge in a network of its own joins them.

Nothing of it can reach the machine's own network or be reached from there. The namespaces have no names in /run/netns:
they are gone with the last process in them, whatever becomes of the test.
"""

import contextlib
import ctypes
import os
import socket

from stack.processes import must_run

CLONE_NEWUTS, CLONE_NEWNET = 0x04000000, 0x40000000
KINDS = {"net": CLONE_NEWNET, "uts": CLONE_NEWUTS}
PREFIX = 16

_libc = ctypes.CDLL(None, use_errno=True)


def _call(function, *arguments):
    if function(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def _namespaces_of_this_thread():
    return {kind: os.open(f"/proc/thread-self/ns/{kind}", os.O_RDONLY | os.O_CLOEXEC) for kind in KINDS}


def _enter(namespaces):
    for kind, file in namespaces.items():
        _call(_libc.setns, file, KINDS[kind])


class Host:
    """`link`: the name of its cable at the bridge; the host itself calls it eth0."""

    def __init__(self, name, link):
        self.name, self.link, self.address = name, link, None
        before = _namespaces_of_this_thread()
        try:
            _call(_libc.unshare, CLONE_NEWUTS | CLONE_NEWNET)
            socket.sethostname(name)
            self._namespaces = _namespaces_of_this_thread()
            self.ip("link", "set", "lo", "up")
        finally:
            _enter(before)
            for file in before.values():
                os.close(file)

    @property
    def network(self):
        """The path by which ip(8) finds this host's network."""
        return f"/proc/{os.getpid()}/fd/{self._namespaces['net']}"

    @contextlib.contextmanager
    def inside(self):
        """Whatever this thread starts or opens in the body belongs to this host, also afterwards."""
        before = _namespaces_of_this_thread()
        _enter(self._namespaces)
        try:
            yield
        finally:
            _enter(before)
            for file in before.values():
                os.close(file)

    def ip(self, *words):
        must_run(["ip", *words])


class Network:
    def __init__(self):
        self.switch = Host("switch", "")
        with self.switch.inside():
            self.switch.ip("link", "add", "bridge", "type", "bridge")
            self.switch.ip("link", "set", "bridge", "up")

    def host(self, name, link, *addresses):
        """A new host on the bridge; the first address is the one that the others know it by."""
        host = Host(name, link)
        host.address = addresses[0]
        with host.inside():
            host.ip("link", "add", "eth0", "type", "veth", "peer", "name", link, "netns", self.switch.network)
            for address in addresses:
                host.ip("address", "add", f"{address}/{PREFIX}", "dev", "eth0")
            host.ip("link", "set", "eth0", "up")
        with self.switch.inside():
            self.switch.ip("link", "set", link, "master", "bridge", "up")
        return host

    def cut(self, host):
        """From now on nothing reaches this host and nothing comes from it; nobody is told."""
        with self.switch.inside():
            self.switch.ip("link", "set", host.link, "down")

    def mend(self, host):
        """What was cut is whole again."""
        with self.switch.inside():
            self.switch.ip("link", "set", host.link, "up")
