"""Ports for servers that are away for a while: no outgoing connection takes them meanwhile, nor a fault beside this one."""
import itertools
import os
import socket

FIRST, BEHIND_LAST = 10000, 32768  # below those that Linux gives to outgoing connections
OF_ONE_PROCESS = 16

_blocks = (BEHIND_LAST - FIRST) // OF_ONE_PROCESS
_candidates = itertools.count(FIRST + os.getpid() % _blocks * OF_ONE_PROCESS)


def take_port():
    return next(port for port in _candidates if _is_free(port))


def _is_free(port):
    with socket.socket() as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
