"""A mail filter for tests: takes part in the milter protocol (version 6, libmilter's mfdef.h) at the end of a message
only, and answers there what it is told to."""

import os
import socket
import struct
import threading

NEGOTIATE, END_OF_BODY = b"O", b"E"
SILENT = (b"A", b"D", b"K", b"Q")  # abort, macros, quit and go on, quit: these have no answer
GO_ON, TRY_LATER = b"c", b"t"
VERSION = 6
NO_STEPS = 0x7F | 1 << 8 | 1 << 9  # SMFIP_NO*: none of the steps before the end, no unknown commands, no DATA


def packet(command, data=b""):
    return struct.pack(">I", len(data) + 1) + command + data


class Milter:
    """Listens on a unix socket from birth until stop(). `answers`: what it says to the next messages, one each; when none
    is left it lets everything go on."""

    def __init__(self, path):
        self.answers = []
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        os.chmod(path, 0o777)
        self.listener.listen()
        threading.Thread(target=self._serve, daemon=True).start()

    def stop(self):
        self.listener.close()

    def _serve(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:  # closed by stop()
                return
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection):
        with connection, connection.makefile("rb") as stream:
            while head := stream.read(4):
                octets = stream.read(struct.unpack(">I", head)[0])
                command = octets[:1]
                if command == NEGOTIATE:
                    connection.sendall(packet(NEGOTIATE, struct.pack(">III", VERSION, 0, NO_STEPS)))
                elif command == END_OF_BODY:
                    connection.sendall(packet(self.answers.pop(0) if self.answers else GO_ON))
                elif command not in SILENT:
                    connection.sendall(packet(GO_ON))
