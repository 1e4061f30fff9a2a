"""Network namespaces: gone, with all that is in them, when their last process ends. They need root."""
import os
import subprocess
import sys
import time

OURS = "192.0.2.1"  # TEST-NET-1: nobody's
THEIRS = "192.0.2.2"
ENTERED = "FAULT_IN_NAMESPACES"
START_LIMIT = 5  # seconds


def why_not():
    """Why namespaces cannot be had here; empty where they can."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    tried = subprocess.run(["unshare", "--net", "--mount", "iptables", "-L", "-n"], capture_output=True, text=True, check=False)
    return "" if tried.returncode == 0 else f"no network namespace with iptables: {tried.stderr.strip()}"


def enter():
    """Starts this script anew, under the same process id, in a network and a mount namespace of its own."""
    if ENTERED in os.environ:
        return _run("ip", "link", "set", "lo", "up")
    os.environ[ENTERED] = "yes"
    return os.execvp("unshare", ["unshare", "--net", "--mount", sys.executable, *sys.argv])


class ServerNamespace:
    """Another network namespace, one wire away from ours. `launcher`: words before a command that is to run in it."""

    address = THEIRS

    def __enter__(self):
        # It lives as long as this process does, and that no longer than we.
        self._holder = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", "unshare", "--net", "sleep", "infinity"])
        self._wait_until_it_stands()
        self.launcher = ("nsenter", f"--net=/proc/{self._holder.pid}/ns/net")
        _run("ip", "link", "add", "ours", "type", "veth", "peer", "name", "theirs", "netns", self._holder.pid)
        _give_address((), "ours", OURS)
        _give_address(self.launcher, "theirs", THEIRS)
        return self

    def __exit__(self, *_):
        self._holder.kill()
        self._holder.wait()

    def drop_all(self):
        """On the receiving side: dropped where it is sent, a packet is an error at once."""
        _run(*self.launcher, "iptables", "-w", "-I", "INPUT", "-j", "DROP")

    def drop_nothing(self):
        _run(*self.launcher, "iptables", "-w", "-F", "INPUT")

    def _wait_until_it_stands(self):
        end = time.monotonic() + START_LIMIT
        while os.readlink(f"/proc/{self._holder.pid}/ns/net") == os.readlink("/proc/self/ns/net"):
            if time.monotonic() > end or self._holder.poll() is not None:
                raise RuntimeError("the server's namespace did not come up")
            time.sleep(0.01)


def _give_address(launcher, device, address):
    _run(*launcher, "ip", "addr", "add", f"{address}/24", "dev", device)
    _run(*launcher, "ip", "link", "set", device, "up")


def _run(*words):
    subprocess.run([*map(str, words)], check=True, stdout=subprocess.DEVNULL)
