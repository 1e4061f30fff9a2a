"""The guardian between runner and command, with real processes: whatever happens, the lock is never free while one of
the command's tree lives."""
import errno
import fcntl
import hashlib
import os
import pathlib
import pty
import random
import signal
import subprocess
import termios
import time

import pytest

from guarded import FileLock, Guarded, SocketLock, is_alive, time_until_free, wait_until

STALL = 4  # seconds: kStall
LEFT_BEHIND = 2  # seconds: Guarding::kLeftBehind

DOUBLE_FORK = "(sleep 1000 & sleep 1000 &) & wait; exec sleep 1000"
TREES = {  # what the command is, and how many of its processes are called sleep
    "alone": (["sleep", "1000"], 1),
    "child of a shell": (["sh", "-c", "sleep 1000 & wait"], 1),
    "sessions of their own": (["sh", "-c", "setsid sleep 1000 & setsid sh -c 'setsid sleep 1000 & wait' & wait"], 2),
    "double forks": (["sh", "-c", DOUBLE_FORK], 3),
    "deaf to SIGTERM": (["sh", "-c", "trap '' TERM HUP INT; sleep 1000 & setsid sleep 1000 & wait"], 2),
    "stopped": (["sh", "-c", "sleep 1000 & kill -STOP $$; wait"], 1),
}


@pytest.fixture
def guard(tmp_path):
    """Starts commands under a guardian; ends what is left of them."""
    started = []

    def start(*command, **options):
        started.append(Guarded(tmp_path, *command, **options))
        return started[-1]
    yield start
    for guarded in started:
        guarded.__exit__()


@pytest.fixture(params=[FileLock, SocketLock], ids=["flock", "socket"])
def lock(request, tmp_path):
    lock = request.param(tmp_path)
    yield lock
    lock.close()


@pytest.fixture(params=TREES.values(), ids=TREES)
def tree(request):
    return request.param


def start_with_lock(guard, lock, command, **options):
    guarded = guard(*command, hold=lock.fd, **options)
    lock.leave_to_runner()
    return guarded


def start_tree(guard, lock, tree, **options):
    command, sleepers = tree
    guarded = start_with_lock(guard, lock, command, **options).wait_until_guarding().wait_for(sleepers, "sleep")
    assert not lock.is_free()
    return guarded


# A stall takes seconds to tell from a pause: for those tests not every tree, but the worst.
slow_trees = pytest.mark.parametrize("tree", [TREES["deaf to SIGTERM"], TREES["double forks"]], ids=["deaf", "double forks"])


def need_namespaces(*kinds):
    if subprocess.run(["unshare", *kinds, "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip(f"unshare {' '.join(kinds)} is not allowed here")


# --- how it ends is told as it was ---

def test_every_exit_code_is_told(guard):
    for code in range(256):
        assert guard("sh", "-c", f"exit {code}").end() == f"exited {code}"


@pytest.mark.parametrize("number", [1, 2, 3, 6, 9, 11, 15, 31, 34, 64])
def test_a_deadly_signal_is_told(guard, number):
    assert guard("sh", "-c", f"ulimit -c 0; kill -{number} $$").end() == f"killed {number}"


def test_a_command_that_is_not_there_is_told(guard):
    assert guard("/no/such/file").end() == f"not_started {errno.ENOENT}"
    assert guard("no-such-command-anywhere").end() == f"not_started {errno.ENOENT}"
    assert guard("").end() == f"not_started {errno.ENOENT}"
    assert guard("/etc/passwd/below").end() == f"not_started {errno.ENOTDIR}"


def test_a_command_that_may_not_be_executed_is_told(guard, tmp_path):
    (tmp_path / "plain").write_text("exit 0")
    assert guard(tmp_path / "plain").end() == f"not_started {errno.EACCES}"
    assert guard(tmp_path).end() == f"not_started {errno.EACCES}"


def test_a_command_that_is_no_program_is_told(guard, tmp_path):
    (tmp_path / "text").write_text("exit 0")
    (tmp_path / "text").chmod(0o755)
    assert guard(tmp_path / "text").end() == f"not_started {errno.ENOEXEC}"


def test_the_command_is_found_in_the_path_that_it_gets(guard, tmp_path):
    (tmp_path / "first").mkdir()
    (tmp_path / "second").mkdir()
    for folder, mode in (("first", 0o644), ("second", 0o755)):
        (tmp_path / folder / "migrate-it").write_text("#!/bin/sh\nexit 42\n")
        (tmp_path / folder / "migrate-it").chmod(mode)
    assert guard("migrate-it", add=[f"PATH={tmp_path}/first:{tmp_path}/second"]).end() == "exited 42"
    assert guard("migrate-it", add=[f"PATH={tmp_path}/first:{tmp_path}/none"]).end() == f"not_started {errno.EACCES}"
    assert guard("migrate-it", add=["PATH="], cwd=tmp_path / "second").end() == "exited 42"


# --- what the command gets ---

def test_100_mb_of_output_come_through_whole(guard):
    writer = "import sys\nfor i in range(1000): sys.stdout.buffer.write(bytes([i % 251]) * 100_000)"
    guarded = guard("python3", "-c", writer, stdout=subprocess.PIPE)
    read = hashlib.sha256()
    size = 0
    while part := guarded.process.stdout.read(1 << 20):
        read.update(part)
        size += len(part)
    expected = hashlib.sha256(b"".join(bytes([i % 251]) * 100_000 for i in range(1000)))
    assert (size, read.digest()) == (100_000_000, expected.digest())
    assert guarded.end() == "exited 0"


def test_output_is_seen_before_the_line_ends_and_input_reaches_the_command(guard):
    guarded = guard("sh", "-c", "printf out; printf err >&2; read answer; echo $answer", bufsize=0,
                    stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert guarded.process.stdout.read(3) == b"out"
    assert guarded.process.stderr.read(3) == b"err"
    guarded.process.stdin.write(b"well\n")
    assert guarded.process.stdout.read(5) == b"well\n"
    assert guarded.end() == "exited 0"


def test_arguments_arrive_byte_for_byte(guard):
    words = [b"sh", b"-c", b"cat /proc/$$/cmdline", b"", b"a b", b"new\nline", b"\xff\xfe\x80", b"--", b"--hold", b"$(x)",
             b"'\"\\", b"", "ä€".encode(), b"l" * 100_000]
    guarded = guard(*words, stdout=subprocess.PIPE)
    assert guarded.process.stdout.read() == b"".join(word + b"\0" for word in words)
    assert guarded.end() == "exited 0"


def test_additions_replace_what_the_environment_has_of_their_names(guard):
    env = {"PATH": os.environ["PATH"], "KEPT": "k=1\n2", "REPLACED": "old", "REPLACED_NOT": "yes"}
    guarded = guard("env", "-0", env=env, add=["REPLACED=new=er", "ADDED=", "PGOPTIONS=-c a=b"], stdout=subprocess.PIPE)
    entries = [entry for entry in guarded.process.stdout.read().split(b"\0") if not entry.startswith(b"GUARDED_TEST")]
    assert sorted(entries) == sorted([b"", b"PATH=" + os.environ["PATH"].encode(), b"KEPT=k=1\n2", b"REPLACED_NOT=yes",
                                      b"REPLACED=new=er", b"ADDED=", b"PGOPTIONS=-c a=b"])


def spoil_signals():
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGPIPE, signal.SIGCHLD, signal.SIGUSR1):
        signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM, signal.SIGUSR2, signal.SIGCHLD])


def test_the_command_has_default_signals_and_no_descriptor_of_ours(guard, lock, tmp_path):
    leaked = os.open(tmp_path, os.O_RDONLY)
    guarded = start_with_lock(guard, lock, ["cat", "/proc/self/status"], pass_fds=[leaked], preexec_fn=spoil_signals,
                              stdout=subprocess.PIPE)
    status = dict(line.split(":\t", 1) for line in guarded.process.stdout.read().decode().splitlines())
    assert guarded.end() == "exited 0"
    assert {name: int(status[name], 16) for name in ("SigIgn", "SigBlk", "SigCgt", "SigPnd", "ShdPnd")} == \
        {"SigIgn": 0, "SigBlk": 0, "SigCgt": 0, "SigPnd": 0, "ShdPnd": 0}

    guarded = guard("ls", "/proc/self/fd", pass_fds=[leaked], stdout=subprocess.PIPE)
    assert guarded.process.stdout.read() == b"0\n1\n2\n3\n"  # 3 is the folder that ls reads
    os.close(leaked)


def test_the_guardian_has_no_descriptor_but_its_own(guard, tmp_path):
    leaked = os.open(tmp_path / "leaked", os.O_RDWR | os.O_CREAT)
    guarded = guard("sleep", "1000", pass_fds=[leaked]).wait_until_guarding().wait_for(1, "sleep")
    folder = pathlib.Path(f"/proc/{guarded.guardian()}/fd")
    assert str(tmp_path / "leaked") not in [os.readlink(entry) for entry in folder.iterdir()]
    os.close(leaked)


# --- what the command leaves behind ---

@pytest.mark.parametrize("left", ["sleep 1000 &", "setsid sleep 1000 &", "(setsid sleep 1000 &) &", "nohup sleep 1000 &"])
def test_what_is_left_behind_ends_before_the_command_has_ended(guard, left):
    guarded = guard("sh", "-c", f"{left} exit 3")
    assert guarded.end() == "exited 3"
    assert guarded.tree() == []


def test_what_is_left_behind_may_tidy_up_and_is_killed_if_that_takes_long(guard, tmp_path):
    deaf = "trap '' TERM; echo > up1; while :; do sleep 0.01; done"
    tidy = "trap 'echo tidied > tidy; exit' TERM; echo > up2; while :; do sleep 0.01; done"
    script = 'setsid sh -c "$1" & (setsid sh -c "$2" &); until [ -e up1 ] && [ -e up2 ]; do :; done; exit 4'
    started = time.monotonic()
    guarded = guard("sh", "-c", script, "sh", deaf, tidy, cwd=tmp_path)
    assert guarded.end() == "exited 4"
    assert time.monotonic() - started >= LEFT_BEHIND
    assert guarded.tree() == []
    assert (tmp_path / "tidy").read_text() == "tidied\n"


# --- what the runner orders ---

def test_stop_lets_the_command_end_by_itself(guard, tmp_path):
    guarded = guard("sh", "-c", "trap 'exit 5' TERM; echo > up; while :; do sleep 0.01; done", cwd=tmp_path)
    wait_until((tmp_path / "up").exists, "the command")
    guarded.send(signal.SIGTERM)
    assert guarded.end() == "exited 5"


HEED = """import signal, sys, time
def end(*_):
    open("child", "w").write("term")
    sys.exit()
signal.signal(signal.SIGTERM, end)  # a shell could not: it keeps ignoring what was ignored at its start
open("up", "w")
time.sleep(1000)"""


def test_stop_reaches_the_whole_tree(guard, tmp_path):
    guarded = guard("sh", "-c", "trap '' TERM; setsid python3 -c \"$1\" & wait; exit 6", "sh", HEED, cwd=tmp_path)
    wait_until((tmp_path / "up").exists, "the grandchild")
    guarded.send(signal.SIGTERM)
    assert guarded.end() == "exited 6"
    assert (tmp_path / "child").read_text() == "term"


def test_stop_kills_a_command_that_ignores_it_once_the_time_is_up(guard, tree):
    command, sleepers = tree
    guarded = guard("sh", "-c", "trap '' TERM; \"$@\"", "sh", *command, kill_after=700).wait_for(sleepers, "sleep")
    started = time.monotonic()
    guarded.send(signal.SIGTERM)
    assert guarded.end() == "killed 9"
    assert time.monotonic() - started >= 0.7
    assert guarded.tree() == []


def test_kill_ends_the_whole_tree_and_leaves_the_lock_to_the_runner(guard, lock, tree):
    guarded = start_tree(guard, lock, tree)
    guarded.send(signal.SIGQUIT)
    time_until_free(lock, guarded)
    assert guarded.end() == "killed 9"  # and not: lock_let_go


def test_a_guardian_that_was_stopped_still_obeys(guard, tree):
    command, sleepers = tree
    guarded = guard(*command).wait_for(sleepers, "sleep")
    os.kill(guarded.guardian(), signal.SIGSTOP)
    guarded.send(signal.SIGQUIT)
    assert guarded.end() == "killed 9"


def test_a_guardian_that_is_destroyed_leaves_nothing(guard, lock, tree):
    guarded = start_tree(guard, lock, tree)
    guarded.send(signal.SIGALRM)
    time_until_free(lock, guarded)
    assert guarded.end() == "destroyed"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGUSR1, signal.SIGHUP])
def test_signals_are_passed_on(guard, tmp_path, number):
    script = f"trap 'exit 9' {int(number)}; echo > up; while :; do sleep 0.01; done"
    guarded = guard("sh", "-c", script, cwd=tmp_path)
    wait_until((tmp_path / "up").exists, "the command")
    guarded.send(number)
    assert guarded.end() == "exited 9"


def take_terminal():
    os.setsid()
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def test_an_interrupt_from_the_terminal_reaches_the_command_once(guard, tmp_path):
    counter = ("import signal,time\nsignal.signal(2, lambda *_: open('seen', 'a').write('i'))\n"
               "signal.signal(10, lambda *_: open('end', 'w'))\nopen('up', 'w')\nwhile True: time.sleep(0.01)")
    master, terminal = pty.openpty()
    guarded = guard("python3", "-c", counter, cwd=tmp_path, stdin=terminal, stdout=terminal, preexec_fn=take_terminal)
    wait_until((tmp_path / "up").exists, "the command")
    os.write(master, b"\x03")
    wait_until((tmp_path / "seen").exists, "the interrupt")
    guarded.send(signal.SIGUSR1)
    wait_until((tmp_path / "end").exists, "a later signal")  # whatever else the terminal sent came before
    assert (tmp_path / "seen").read_text() == "i"
    assert is_alive(guarded.guardian())
    guarded.send(signal.SIGTERM)
    assert guarded.end() == "killed 15"
    os.close(master)
    os.close(terminal)


def test_a_command_that_reads_from_the_terminal_finds_the_end_of_its_input(guard):
    master, terminal = pty.openpty()
    guarded = guard("sh", "-c", "read answer; exit 7", stdin=terminal, stdout=terminal, preexec_fn=take_terminal)
    assert guarded.end() == "exited 7"  # not stopped by SIGTTIN
    os.close(master)
    os.close(terminal)


# --- what may happen to the runner ---

def test_the_tree_ends_before_the_lock_is_free_when_the_runner_is_killed(guard, lock, tree):
    guarded = start_tree(guard, lock, tree)
    guarded.send(signal.SIGKILL)
    taken = time_until_free(lock, guarded)
    print(f"runner killed: lock free after {taken * 1000:.0f} ms")
    assert taken < 5
    wait_until(lambda: not guarded._marked(), "the end of the guardian")


@slow_trees
def test_the_tree_ends_before_the_lock_is_free_when_the_runner_is_stopped(guard, lock, tree):
    guarded = start_tree(guard, lock, tree)
    guarded.send(signal.SIGSTOP)
    taken = time_until_free(lock, guarded)
    print(f"runner stopped: lock free after {taken * 1000:.0f} ms")
    assert STALL - 1 <= taken < 10
    guarded.send(signal.SIGCONT)
    # Who ended by itself in the meantime does not matter: the runner must know that it has no lock.
    assert guarded.end() == "killed 9 lock_let_go"


def test_a_group_that_is_killed_whole_leaves_the_guardian(guard, lock, tree):
    guarded = start_tree(guard, lock, tree, start_new_session=True)
    os.killpg(guarded.process.pid, signal.SIGKILL)
    time_until_free(lock, guarded)


def test_a_freeze_of_both_is_no_stall(guard):
    guarded = guard("sleep", "1000").wait_until_guarding().wait_for(1, "sleep")
    for pid in (guarded.runner(), guarded.guardian()):
        os.kill(pid, signal.SIGSTOP)
    time.sleep(STALL + 2)  # what is tested is that time alone does nothing
    for pid in (guarded.guardian(), guarded.runner()):
        os.kill(pid, signal.SIGCONT)
    time.sleep(1)
    assert len(guarded.tree("sleep")) == 1
    guarded.send(signal.SIGTERM)
    assert guarded.end() == "killed 15"


@pytest.mark.parametrize("kind", [FileLock, SocketLock])
def test_the_lock_is_free_when_the_runner_is_killed_at_any_instant(guard, kind, tmp_path):
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    for turn in range(20):
        folder = tmp_path / str(turn)
        folder.mkdir()
        lock = kind(folder)
        guarded = start_with_lock(guard, lock, chance.choice(list(TREES.values()))[0])
        time.sleep(chance.uniform(0, 0.08))  # around the start of guardian and command
        guarded.process.kill()
        time_until_free(lock, guarded)
        lock.close()
        guarded.wait_until_gone()


# --- what may happen to the guardian ---

def test_the_runner_ends_the_tree_when_the_guardian_is_killed(guard, lock, tree):
    guarded = start_tree(guard, lock, tree)
    os.kill(guarded.guardian(), signal.SIGKILL)
    time_until_free(lock, guarded)
    assert guarded.end() == "killed 9"


def test_children_that_the_runner_had_before_are_spared(guard, lock, tree):
    command, sleepers = tree
    guarded = start_with_lock(guard, lock, command, wrapped=["sh", "-c", "sleep 2000 & exec \"$@\"", "sh"])
    guarded.wait_until_guarding().wait_for(sleepers + 1, "sleep")
    os.kill(guarded.guardian(), signal.SIGKILL)
    assert guarded.end() == "killed 9"
    assert len(guarded.tree("sleep")) == 1


def test_the_command_itself_ends_when_runner_and_guardian_are_killed_at_once(guard, lock):
    """All that the kernel does by itself; what the command has started goes on, as docs/decisions/0019 says."""
    guarded = start_tree(guard, lock, TREES["child of a shell"])
    runner, guardian = guarded.runner(), guarded.guardian()
    os.kill(runner, signal.SIGSTOP)  # so that it sees nothing of the guardian's death
    os.kill(guardian, signal.SIGKILL)
    os.kill(runner, signal.SIGKILL)
    wait_until(lambda: not guarded.tree("sh"), "the end of the command")
    assert len(guarded.tree("sleep")) == 1


# --- many processes ---

BOMB = "f() { [ $1 -gt 0 ] || exec sleep 1000; f $(($1-1)) & f $(($1-1)) & wait; }; f 7"  # 255 processes
HYDRA = "for _ in 1 2 3 4; do (for _ in $(seq 100); do sleep 1000; done) & done; wait"  # each death is a birth


@pytest.mark.parametrize("script, sleepers", [(BOMB, 128), (HYDRA, 4)], ids=["bomb", "hydra"])
def test_many_processes_end_before_the_lock_is_free(guard, lock, script, sleepers):
    guarded = start_tree(guard, lock, (["sh", "-c", script], sleepers))
    guarded.send(signal.SIGKILL)
    taken = time_until_free(lock, guarded)
    print(f"{sleepers} leaves: lock free after {taken * 1000:.0f} ms")


def test_a_bomb_ends_while_it_goes_off(guard, lock):
    guarded = start_with_lock(guard, lock, ["sh", "-c", BOMB])
    wait_until(lambda: len(guarded.tree()) > 20, "a growing tree")
    guarded.send(signal.SIGKILL)
    time_until_free(lock, guarded)


# --- where it runs ---

PID_1 = ["unshare", "--pid", "--fork", "--mount-proc"]


def test_as_pid_1_the_end_is_told_and_orphans_are_reaped(guard):
    need_namespaces(*PID_1[1:])
    script = "for i in 1 2 3 4 5; do (sleep 0.01 &) ; done; sleep 0.2; ps -eo stat= | grep -c Z; exit 8"
    guarded = guard("sh", "-c", script, wrapped=PID_1, stdout=subprocess.PIPE)
    assert guarded.process.stdout.read() == b"0\n"
    assert guarded.end() == "exited 8"


@slow_trees
def test_a_stopped_pid_1_does_not_keep_tree_or_lock(guard, lock, tree):
    need_namespaces(*PID_1[1:])
    guarded = start_tree(guard, lock, tree, wrapped=PID_1)
    guarded.send(signal.SIGSTOP)
    time_until_free(lock, guarded)
    guarded.send(signal.SIGCONT)
    assert guarded.end() == "killed 9 lock_let_go"


def test_as_pid_1_the_runner_ends_the_tree_of_a_killed_guardian(guard, lock, tree):
    need_namespaces(*PID_1[1:])
    guarded = start_tree(guard, lock, tree, wrapped=PID_1)
    os.kill(guarded.guardian(), signal.SIGKILL)
    time_until_free(lock, guarded)
    assert guarded.end() == "killed 9"


@pytest.mark.parametrize("wrapped", [
    ["unshare", "--mount", "sh", "-c", "mount -t tmpfs none /proc && exec \"$@\"", "sh"],
    ["unshare", "--pid", "--fork"],
], ids=["no proc", "the proc of another namespace"])
def test_without_a_proc_of_its_own_nothing_starts(guard, wrapped):
    need_namespaces("--mount", "--pid", "--fork")
    guarded = guard("touch", "started", wrapped=wrapped, stderr=subprocess.PIPE)
    lines = guarded.process.stderr.read().decode().splitlines(keepends=True)
    error = "".join(line for line in lines if not line.startswith("=="))  # a sanitizer misses its /proc too
    assert error.startswith("the command's guardian cannot be started: /proc") and error.count("\n") == 1, error
    assert guarded.results() == []


def test_a_person_cannot_be_a_guardian(schemalatch):
    result = schemalatch.run("__guard", "0", "--", "true", stdin=subprocess.DEVNULL)
    assert (result.code, result.out) == (64, "")
    assert "schemalatch upgrade" in result.err
