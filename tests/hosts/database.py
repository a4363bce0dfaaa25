"""A PostgreSQL on a host of its own: over TLS with passwords, the primary or a streaming standby."""

import contextlib
import glob
import os
import shutil
import signal

from stack.processes import Program, must_run, run, wait_until

OWNER = "postgres"
BIN = max(glob.glob("/usr/lib/postgresql/*/bin"), key=lambda path: int(path.split("/")[4]))
REPLICATOR = "replicator"

SETTINGS = """\
listen_addresses = '{address}'
unix_socket_directories = '{directory}'
unix_socket_permissions = 0777
max_connections = 60
shared_buffers = 32MB
jit = off
ssl = on
ssl_cert_file = '{certificate.public}'
ssl_key_file = '{certificate.secret}'
fsync = off
log_timezone = 'UTC'
timezone = 'UTC'
"""

# Who does not stand here does not come in: peers by the socket, and by the network only with a password.
LOGINS = """\
local all all peer
hostssl all all samenet scram-sha-256
hostssl replication {replicator} samenet scram-sha-256
"""


class Certificate:
    """One for all databases, by which whoever asks for it knows them; it signs itself."""

    def __init__(self, directory, addresses):
        self.public, self.secret = f"{directory}/register.pem", f"{directory}/register.key"
        must_run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                  "-keyout", self.secret, "-out", self.public, "-subj", "/CN=register",
                  "-addext", "subjectAltName=" + ",".join(f"IP:{address}" for address in addresses)])
        os.chmod(self.secret, 0o600)
        shutil.chown(self.secret, OWNER)


class Database:
    """`passwords`: the path of a file as libpq reads it, with the replicator's."""

    def __init__(self, host, directory, certificate, passwords):
        self.host, self.directory, self.certificate, self.passwords = host, directory, certificate, passwords
        self.data, self.log = f"{directory}/data", f"{directory}/postgres.log"
        self.program = Program(f"PostgreSQL on {host.name}", [f"{BIN}/postgres", "-D", self.data], self.log, user=OWNER)
        os.makedirs(directory)
        shutil.chown(directory, OWNER)

    def create(self):
        """A new cluster with an empty database `portavoz`, running."""
        must_run([f"{BIN}/initdb", "-D", self.data, "-U", OWNER, "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync",
                  "--no-instructions", "--auth=peer"], user=OWNER)
        self._write("pg_hba.conf", LOGINS.format(replicator=REPLICATOR), "w")
        self._start()
        self.psql("CREATE DATABASE portavoz", database="postgres")

    def follow(self, primary):
        """A new copy of the primary, whatever lay here before, running as its standby."""
        shutil.rmtree(self.data, ignore_errors=True)
        with self.host.inside():
            must_run(["env", f"PGPASSFILE={self.passwords}", f"{BIN}/pg_basebackup", "-D", self.data, "-R", "-X", "stream",
                      "-c", "fast", "--no-sync", "-d", f"host={primary.host.address} user={REPLICATOR} sslmode=verify-full "
                      f"sslrootcert={self.certificate.public}"], user=OWNER)
        self._start()
        self._wait_to_follow(primary)

    def come_back(self, primary):
        """As the standby that it was before kill()."""
        with self.host.inside():
            self.program.start(self._answers, 60)
        self._wait_to_follow(primary)

    def _wait_to_follow(self, primary):
        wait_until(lambda: "streaming" in primary.psql("SELECT state FROM pg_stat_replication"),
                   f"{self.host.name} to follow {primary.host.name}", 20, self.log)

    def commit_on_standby_first(self):
        """From now on no COMMIT is answered before a standby has it."""
        self.psql("ALTER SYSTEM SET synchronous_standby_names = '*'")
        self.psql("SELECT pg_reload_conf()")
        wait_until(lambda: self.psql("SELECT sync_state FROM pg_stat_replication") == "sync\n", "a synchronous standby", 20,
                   self.log)

    def commit_without_standby(self):
        """From now on COMMIT is answered when it is made here, as it is unless commit_on_standby_first() was called."""
        self.psql("ALTER SYSTEM RESET synchronous_standby_names")
        self.psql("SELECT pg_reload_conf()")
        wait_until(lambda: self.psql("SELECT sync_state FROM pg_stat_replication") == "async\n", "an asynchronous standby", 20,
                   self.log)

    def kill(self):
        """All of its processes at once, without a word to anybody; the host stays."""
        postmaster = self.program.process.pid
        children = must_run(["ps", "-o", "pid=", "--ppid", str(postmaster)]).split()
        for pid in (postmaster, *map(int, children)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.program.process.wait()

    def promote(self):
        must_run([f"{BIN}/pg_ctl", "promote", "-D", self.data, "-w"], user=OWNER)

    def stop(self):
        if self.program.running():
            self.program.process.send_signal(signal.SIGINT)  # at once: SIGTERM waits until every client has gone
        self.program.stop()

    def psql(self, sql, database="portavoz", user=OWNER):
        """SQL by the socket, as the superuser unless another OS user is named; one line a row, columns parted by |."""
        return must_run(["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", self.directory, "-d", database, "-f",
                         "-"], user=user, stdin=sql.encode())

    def _start(self):
        self._write("postgresql.conf", SETTINGS.format(address=self.host.address, directory=self.directory,
                                                      certificate=self.certificate), "a")
        with self.host.inside():
            self.program.start(self._answers, 60)

    def _answers(self):
        return run([f"{BIN}/pg_isready", "-h", self.directory]).returncode == 0

    def _write(self, name, text, mode):
        with open(f"{self.data}/{name}", mode, encoding="utf-8") as out:
            out.write(text)
