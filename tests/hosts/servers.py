"""Two small servers of the tests: the web sites of assemblies, and a list manager that keeps what it gets. Both listen in the
network of the thread that makes them."""

import collections
import contextlib
import http.server
import os
import shutil
import socketserver
import threading
import time

PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Contact</title></head><body><h1>Contact</h1>
<p>Write to the assembly: <a href="mailto:{address}">{address}</a></p></body></html>
"""

Request = collections.namedtuple("Request", "site path client begun ended")


class Sites:
    """A site for each address of its host: the page says the address that `address_of(site)` gives. Every request takes
    `seconds`, so that two verifiers at one page would meet, and is kept in `requests` when it was answered."""

    def __init__(self, address_of, seconds):
        self.requests = []
        sites = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                begun, site = time.monotonic(), self.connection.getsockname()[0]
                time.sleep(seconds)
                octets = PAGE.format(address=address_of(site)).encode() if self.path != "/robots.txt" else b""
                with contextlib.suppress(OSError):  # who asked may be gone
                    self.send_response(200 if octets else 404)
                    self.send_header("Content-Type", "text/html; charset=utf-8")
                    self.send_header("Content-Length", str(len(octets)))
                    self.end_headers()
                    self.wfile.write(octets)
                sites.requests.append(Request(site, self.path, self.client_address[0], begun, time.monotonic()))

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("", 80), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


class ListManager:
    """Takes messages by LMTP (RFC 2033) on 127.0.0.1, and by a program, and keeps the octets of each. `owner`: the OS user
    who runs the program."""

    def __init__(self, directory, port, owner):
        self._by_lmtp, self._taken, self.program = [], f"{directory}/taken", f"{directory}/take"
        self._write_program(directory, owner)
        manager = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self):
                self.say("220 list manager")
                recipients = 0
                while command := self.rfile.readline():
                    verb = command[:4].upper()
                    if verb == b"QUIT":
                        return self.say("221 bye")
                    if verb != b"DATA":
                        recipients = recipients + 1 if verb == b"RCPT" else 0
                        self.say("250-list manager\r\n250-8BITMIME\r\n250 SMTPUTF8" if verb == b"LHLO" else "250 ok")
                        continue
                    self.say("354 go on")
                    lines = []
                    while (line := self.rfile.readline()) != b".\r\n":
                        if not line:
                            return None
                        lines.append(line.removeprefix(b"."))
                    manager._by_lmtp.append(b"".join(lines))
                    self.say("\r\n".join(["250 taken"] * recipients))
                return None

            def say(self, text):
                with contextlib.suppress(OSError):
                    self.wfile.write(text.encode() + b"\r\n")

        self.server = socketserver.ThreadingTCPServer(("127.0.0.1", port), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def _write_program(self, directory, owner):
        os.makedirs(self._taken)
        shutil.chown(self._taken, owner)
        with open(self.program, "w", encoding="utf-8") as out:
            out.write(f'#!/bin/sh -e\npart=$(mktemp {directory}/taken/.XXXXXXXXXXXX)\ncat > "$part"\n'
                      f'mv "$part" "{directory}/taken/${{part##*/.}}"\n')
        os.chmod(self.program, 0o755)

    def posts(self):
        """What it took so far."""
        found = list(self._by_lmtp)
        for name in os.listdir(self._taken):
            if not name.startswith("."):
                with open(f"{self._taken}/{name}", "rb") as file:
                    found.append(file.read())
        return found

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
