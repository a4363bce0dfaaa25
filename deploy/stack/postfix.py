"""A private Postfix: own configuration, queue, data and log directory, one SMTP port on loopback with SASL logins.

It resolves no name and sends nothing to any other machine. It must be started by root, as every Postfix.
"""

import contextlib
import os
import re
import shutil
import time

from stack.processes import Program, answers, free_port, must_run, run

# Beside another mail server deploy/install-deps unpacks Postfix below the checkout instead of installing it.
UNPACKED = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "build", "postfix"))
PREFIX = "" if os.path.exists("/usr/lib/postfix/sbin/master") else UNPACKED
DAEMONS, LIBRARIES = f"{PREFIX}/usr/lib/postfix/sbin", f"{PREFIX}/usr/lib/postfix"
ENVIRONMENT = ["env", f"LD_LIBRARY_PATH={LIBRARIES}"]
MAILBOX_OWNER = "mail"

# What every private Postfix has; where mail goes, and how strict it is, its user says in parameters of its own.
MAIN_CF = """\
compatibility_level = 3.6
config_directory = {etc}
queue_directory = {queue}
data_directory = {data}
command_directory = {prefix}/usr/sbin
daemon_directory = {daemons}
shlib_directory = {libraries}
meta_directory = {prefix}/etc/postfix
sendmail_path = {prefix}/usr/sbin/sendmail
import_environment = MAIL_CONFIG LANG=C.UTF-8 LD_LIBRARY_PATH={libraries}
export_environment = $import_environment
mail_owner = postfix
setgid_group = postdrop
maillog_file = {log}
maillog_file_prefixes = {log_directory}
myhostname = {hostname}
inet_interfaces = 127.0.0.1

# No name is looked up and nothing leaves this machine.
smtpd_peername_lookup = no
smtp_dns_support_level = disabled
relay_transport = $default_transport
alias_database =

# Being local gives no right.
mynetworks_style = host
mynetworks =
local_header_rewrite_clients =
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = cyrus
smtpd_sasl_path = smtpd
smtpd_sasl_local_domain =
smtpd_sasl_security_options = noanonymous
cyrus_sasl_config_path = {sasl}
enable_long_queue_ids = yes
# What waits in the queue is tried again within seconds, not after minutes.
queue_run_delay = 2s
minimal_backoff_time = 2s

# The gate sees every message, by SMTP and by sendmail(1).
smtpd_milters = {milter}
non_smtpd_milters = $smtpd_milters

# Maildirs, of whatever addresses the parameters below give one.
virtual_mailbox_base = {mailboxes}
virtual_minimum_uid = 1
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
"""

MASTER_CF = """\
127.0.0.1:{port} inet n - n - - smtpd
pickup     unix  n  -  n  60     1  pickup
cleanup    unix  n  -  n  -      0  cleanup
qmgr       unix  n  -  n  300    1  qmgr
rewrite    unix  -  -  n  -      -  trivial-rewrite
bounce     unix  -  -  n  -      0  bounce
defer      unix  -  -  n  -      0  bounce
trace      unix  -  -  n  -      0  bounce
verify     unix  -  -  n  -      1  verify
flush      unix  n  -  n  1000?  0  flush
proxymap   unix  -  -  n  -      -  proxymap
proxywrite unix  -  -  n  -      1  proxymap
smtp       unix  -  -  n  -      -  smtp
showq      unix  n  -  n  -      -  showq
error      unix  -  -  n  -      -  error
retry      unix  -  -  n  -      -  error
local      unix  -  n  n  -      -  local
virtual    unix  -  n  n  -      -  virtual
lmtp       unix  -  -  n  -      -  lmtp
anvil      unix  -  -  n  -      1  anvil
scache     unix  -  -  n  -      1  scache
postlog    unix-dgram n - n -    1  postlogd
"""

# A transport that hands each message to a program, one recipient at a time.
PIPE_CF = """\
{name}      unix  -  n  n  -      -  pipe
  user={user} argv={argv}
"""

SASL_CONF = """\
pwcheck_method: auxprop
auxprop_plugin: sasldb
sasldb_path: {sasl}/sasldb2
mech_list: PLAIN LOGIN
"""


def gate_at(path):
    """How a gate's socket stands in smtpd_milters. It never holds up ordinary mail: when it is away or slow the message goes
    on without it, and the door judges what is for a list."""
    return f"{{ unix:{path}, default_action=accept, connect_timeout=3s, command_timeout=5s, content_timeout=30s }}"


class Postfix:
    """`milter`: the path of the gate's socket. `parameters`: of main.cf, by name: where mail goes. `ports`: further SMTP
    ports, by a name for `port_of`, each with the parameters of main.cf that are different there."""

    def __init__(self, directory, milter, parameters, hostname="mail.listas.example", ports=None):
        self.directory, self.milter, self.parameters, self.hostname = directory, milter, parameters, hostname
        self.etc, self.queue, self.log = f"{directory}/etc", f"{directory}/queue", f"{directory}/log/mail.log"
        # Debian's Postfix looks for SASL settings in `sasl` below its configuration, whatever cyrus_sasl_config_path says.
        self.sasl, self.mailboxes = f"{self.etc}/sasl", f"{directory}/mailboxes"
        self.port = free_port()
        self.special = ports or {}
        self.port_of = {name: free_port() for name in self.special}
        self.program = None

    def create(self, pipes):
        """Writes the configuration and the empty queue; `pipes`: transports to programs, {name: (user, argv)}."""
        for path in (self.directory, self.etc, f"{self.directory}/log", self.sasl, self.mailboxes):
            os.makedirs(path, 0o755, exist_ok=True)
        shutil.chown(self.mailboxes, MAILBOX_OWNER, MAILBOX_OWNER)
        os.makedirs(f"{self.directory}/data", 0o700)
        shutil.chown(f"{self.directory}/data", "postfix")
        self._write("etc/main.cf", self._main_cf(pipes))
        self._write("etc/master.cf", self._master_cf(pipes))
        self._write("etc/sasl/smtpd.conf", SASL_CONF.format(sasl=self.sasl))
        self._make_queue()

    def _main_cf(self, pipes):
        status = os.stat(self.mailboxes)
        text = MAIN_CF.format(
            etc=self.etc, queue=self.queue, data=f"{self.directory}/data", prefix=PREFIX, daemons=DAEMONS,
            libraries=LIBRARIES, log=self.log, log_directory=os.path.dirname(self.log), hostname=self.hostname,
            sasl=self.sasl, milter=gate_at(self.milter), mailboxes=self.mailboxes, uid=status.st_uid, gid=status.st_gid)
        lines = [f"{name} = {value}" for name, value in self.parameters.items()]
        lines += [f"{name}_destination_recipient_limit = 1" for name in pipes]
        return text + "\n" + "\n".join(lines) + "\n"

    def _master_cf(self, pipes):
        text = MASTER_CF.format(port=self.port)
        for name, port in self.port_of.items():
            options = "".join(f"  -o {{ {parameter} = {value} }}\n" for parameter, value in self.special[name].items())
            text += f"127.0.0.1:{port} inet n - n - - smtpd\n{options}"
        return text + "".join(PIPE_CF.format(name=name, user=user, argv=" ".join(argv))
                              for name, (user, argv) in pipes.items())

    def _write(self, name, text):
        path = f"{self.directory}/{name}"
        with open(path, "w", encoding="utf-8") as out:
            out.write(text)
        # Postfix waits about two seconds at its start while a configuration file is younger than that.
        past = time.time() - 60
        os.utime(path, (past, past))

    def _make_queue(self):
        """The queue as `postfix start` would make it, without its three seconds of checks on a fresh tree."""
        closed = ("active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming", "private", "saved",
                  "trace")
        for name in closed:
            os.makedirs(f"{self.queue}/{name}", 0o700)
            shutil.chown(f"{self.queue}/{name}", "postfix")
        for name, mode in (("maildrop", 0o730), ("public", 0o710)):
            os.makedirs(f"{self.queue}/{name}")
            shutil.chown(f"{self.queue}/{name}", "postfix", "postdrop")
            os.chmod(f"{self.queue}/{name}", mode)
        os.makedirs(f"{self.queue}/pid", 0o755)

    def start(self):
        self.program = Program("Postfix", [*ENVIRONMENT, f"{DAEMONS}/master", "-c", self.etc, "-d"],
                               f"{self.directory}/log/master.log")
        self.program.start(lambda: all(answers(port) for port in (self.port, *self.port_of.values())))

    def stop(self):
        if self.program:
            self.program.stop()

    def add_login(self, login, password):
        """A SASL login; its name is a full address, which is what the gate then sees as the login."""
        user, realm = login.split("@")
        must_run(["saslpasswd2", "-p", "-c", "-f", f"{self.sasl}/sasldb2", "-u", realm, user], stdin=password.encode())
        shutil.chown(f"{self.sasl}/sasldb2", "postfix", "postfix")

    def maildir(self, address):
        return f"{self.mailboxes}/{address}"

    def sendmail(self, sender, recipients, message):
        """Hands a message in as a local program would, past SMTP."""
        must_run([*ENVIRONMENT, f"{PREFIX}/usr/sbin/sendmail", "-C", self.etc, "-i", "-f", sender, "--", *recipients],
                 stdin=message.replace(b"\r\n", b"\n"))

    def waiting(self, *folders):
        """The paths of the messages in these folders of the queue, such as "active" or "deferred"."""
        return [f"{path}/{name}" for folder in folders for path, _, names in os.walk(f"{self.queue}/{folder}")
                for name in names]

    def forget_waiting(self):
        """Throws away what waits for another try: what was not delivered, and what sendmail(1) brought and nobody took."""
        must_run([*ENVIRONMENT, f"{PREFIX}/usr/sbin/postsuper", "-c", self.etc, "-d", "ALL", "deferred"])
        for path in self.waiting("maildrop"):
            with contextlib.suppress(FileNotFoundError):
                os.remove(path)

    def queued(self, queue_id):
        """The message with this queue id as it waits in the queue, with LF line ends."""
        return run([*ENVIRONMENT, f"{PREFIX}/usr/sbin/postcat", "-c", self.etc, "-bhq", queue_id]).stdout

    def try_again(self):
        """Everything that waits is tried at once, as often as this is called."""
        must_run([*ENVIRONMENT, f"{PREFIX}/usr/sbin/postqueue", "-c", self.etc, "-f"])

    def log_lines(self, pattern):
        """The lines of the mail log in which the regular expression is found."""
        try:
            with open(self.log, encoding="utf-8", errors="replace") as log:
                return [line.rstrip("\n") for line in log if re.search(pattern, line)]
        except FileNotFoundError:
            return []
