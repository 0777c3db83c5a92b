"""How root starts a server that refuses to run as root."""

import functools
import os
import pwd
import subprocess
from dataclasses import dataclass

from config.local.errors import CannotStart

# Root is seen as an ordinary user inside: works below a closed home, and the files stay root's.
NAMESPACE = ["unshare", "--user", "--map-user=1000", "--map-group=1000", "--"]
# Where namespaces are forbidden (many containers): another user, who may still pass the closed
# folders above the data, as root itself may.
CAPABILITIES = ["--inh-caps=+dac_override", "--ambient-caps=+dac_override"]


@dataclass(frozen=True)
class Account:
    """What goes before the server's commands, and who must own its data folder."""

    prefix: list[str]
    owner: int


@functools.cache
def server_account() -> Account:
    """Ourselves; for root a user namespace, else a system user without rights of its own."""
    if os.geteuid() != 0:
        return Account([], os.geteuid())
    if _works(NAMESPACE):
        return Account(NAMESPACE, 0)
    for name in ("postgres", "nobody"):
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        switch = [f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
        prefix = ["setpriv", *switch, *CAPABILITIES, "--"]
        if _works(prefix):
            return Account(prefix, user.pw_uid)
    raise CannotStart(
        "PostgreSQL does not run as root, and this machine allows no user namespace: "
        "run this as an ordinary user, or set DATABASE_URL to a server of your own."
    )


def _works(prefix: list[str]) -> bool:
    try:
        return subprocess.run([*prefix, "true"], capture_output=True).returncode == 0
    except OSError:
        return False
