"""A private PostgreSQL cluster: made by an unprivileged user, on a unix socket only, peer login by OS user."""

import os

from stack.processes import must_run, run

OWNER = "postgres"  # the OS user that Debian's package brings; it owns this cluster and is its superuser
SCRIPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "private_postgres")


class Postgres:
    def __init__(self, directory):
        self.directory, self.log = directory, f"{directory}/postgres.log"
        self.dsn = f"host={directory} dbname=portavoz"

    def create(self):
        """Makes the cluster with an empty database `portavoz`, and leaves it running."""
        self.start()
        # The caller is nobody special here: an admin's account gives it what an admin may, and no more.
        self.psql('DROP ROLE "root"', database="postgres")
        self.psql("CREATE DATABASE portavoz", database="postgres")

    def start(self):
        must_run([SCRIPT, "start", self.directory])

    def stop(self):
        if os.path.isdir(self.directory):
            run([SCRIPT, "stop", self.directory])

    def psql(self, sql, database="portavoz"):
        """Runs SQL as the cluster's superuser and gives the output, one line a row, columns parted by |."""
        return must_run(["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", self.directory, "-d", database,
                         "-f", "-"], user=OWNER, stdin=sql.encode())
