"""Running commands, and starting and stopping the programs of the stack.

Only what was started here is ever stopped, by its pid, and it ends too when this process is killed (pdeathsig).
"""

import pwd
import shlex
import socket
import subprocess
import time


class Failure(Exception):
    """Something of the stack did not do what it must: the sentence says what, `log` says where to read more."""

    def __init__(self, sentence, log=None):
        super().__init__(sentence)
        self.log = log


def environment(extra=None):
    """What every program of the stack gets: nothing of the caller's locale, time zone or libpq settings."""
    return {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", "NO_COLOR": "1", **(extra or {})}


def as_user(user, argv):
    """The argv that runs as another OS user, with that user's groups and no more."""
    entry = pwd.getpwnam(user)
    return ["setpriv", f"--reuid={entry.pw_uid}", f"--regid={entry.pw_gid}", "--init-groups", "--", *argv]


def run(argv, user=None, stdin=b"", timeout=60):
    """Runs a command to its end; gives the CompletedProcess, whatever its exit status."""
    if user:
        argv = as_user(user, argv)
    return subprocess.run(argv, input=stdin, capture_output=True, timeout=timeout, env=environment(), cwd="/", check=False)


def must_run(argv, user=None, stdin=b"", timeout=60):
    """Runs a command that has to succeed; gives its output as text."""
    done = run(argv, user, stdin, timeout)
    if done.returncode != 0:
        said = (done.stderr or done.stdout).decode(errors="replace").strip()
        raise Failure(f"`{shlex.join(argv)}` ended with status {done.returncode}: {said}")
    return done.stdout.decode(errors="replace")


def free_port():
    """A TCP port on 127.0.0.1 that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(condition, what, seconds=20, log=None):
    """Asks `condition` until it gives something true, which is returned; a Failure after `seconds`."""
    deadline = time.monotonic() + seconds
    pause = 0.01
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise Failure(f"waited {seconds} s in vain for {what}", log)
        time.sleep(pause)
        pause = min(pause * 1.5, 0.25)


def answers(port):
    """Whether something accepts connections on this port of 127.0.0.1."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Program:
    """One program of the stack that stays up: started under its own OS user, its output in its own log."""

    def __init__(self, name, argv, log, user=None):
        self.name, self.argv, self.log, self.user = name, argv, log, user
        self.process = None

    def start(self, ready, seconds=20):
        """Starts it and waits until `ready()` is true; a program that ends before that is a Failure."""
        argv = as_user(self.user, self.argv) if self.user else ["setpriv", "--", *self.argv]
        argv.insert(1, "--pdeathsig=TERM")
        with open(self.log, "ab") as out:
            self.process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=out, stderr=out, cwd="/",
                                            env=environment(), start_new_session=True)
        def up():
            if self.process.poll() is not None:
                raise Failure(f"{self.name} ended at its start with status {self.process.returncode}: {self.last_word()}",
                              self.log)
            return ready()
        wait_until(up, f"{self.name} to be ready", seconds, self.log)

    def last_word(self):
        """The last line of its log."""
        with open(self.log, encoding="utf-8", errors="replace") as log:
            lines = log.read().split("\n")
        return next((line for line in reversed(lines) if line.strip()), "it said nothing")

    def running(self):
        return self.process is not None and self.process.poll() is None

    def stop(self, seconds=15):
        """Asks it to end and waits; one that does not hear is killed."""
        if not self.running():
            return
        self.process.terminate()
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
