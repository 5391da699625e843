"""The filter of system calls, run as the kernel would, and its numbers against the kernel's own headers."""

import errno
import re
import socket
import struct
from pathlib import Path

import pytest

from pytest_llmgen.run.sandbox import seccomp
from pytest_llmgen.run.sandbox.numbers import MACHINES

X86 = MACHINES["x86_64"]
HEADERS = {
    "x86_64": Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
    "aarch64": Path("/usr/include/asm-generic/unistd.h"),
}


def _answer(call, *arguments, families=seccomp.OWN_NETWORK, routes=True, architecture=X86.architecture):
    """What the filter says of a call: 0 for allowed, else the error number."""
    number = X86.numbers[call] if isinstance(call, str) else call
    data = struct.pack("<IIQ6Q", number, architecture, 0, *arguments, *[0] * (6 - len(arguments)))
    steps, place, value = seccomp.program(X86, families, routes=routes), 0, 0
    while True:
        code, true, false, constant = steps[place]
        place += 1
        if code == seccomp.RETURN:
            return 0 if constant == seccomp.ALLOW else constant & 0xFFFF
        if code == seccomp.LOAD:
            (value,) = struct.unpack_from("<I", data, constant)
            continue
        met = {
            seccomp.EQUAL: value == constant,
            seccomp.AT_LEAST: value >= constant,
            seccomp.ANY_BIT: bool(value & constant),
        }[code]
        place += true if met else false


@pytest.mark.parametrize("name", seccomp.REFUSED)
def test_what_no_test_needs_is_refused(name):
    assert _answer(name) == errno.EPERM


@pytest.mark.parametrize("name", seccomp.UNKNOWN)
def test_what_a_filter_cannot_see_through_does_not_exist(name):
    assert _answer(name) == errno.ENOSYS


@pytest.mark.parametrize("number", [0, 1, 2, 9, 57, 59, 60, 62, 90, 257, 302, 434, 444, 446])
def test_everything_else_is_allowed(number):
    assert _answer(number) == 0


def test_other_architectures_and_x32_are_refused():
    assert _answer(0, architecture=0x40000003) == errno.EPERM
    assert _answer(0x40000000 | 41) == errno.ENOSYS


@pytest.mark.parametrize(("flags", "said"), [(0x1200011, 0), (0x10000000, errno.EPERM), (0x20011, errno.EPERM)])
def test_processes_and_threads_may_start_but_no_namespaces(flags, said):
    assert _answer("clone", flags) == said


@pytest.mark.parametrize(("command", "said"), [(0x5401, 0), (0x5412, errno.EPERM), (0x100005412, errno.EPERM)])
def test_nothing_is_typed_into_a_terminal(command, said):
    assert _answer("ioctl", 0, command) == said


@pytest.mark.parametrize(("persona", "said"), [(0, 0), (0xFFFFFFFF, 0), (0x0040000, errno.EPERM)])
def test_the_personality_can_be_asked_for_only(persona, said):
    assert _answer("personality", persona) == said


@pytest.mark.parametrize(
    ("families", "routes", "allowed"),
    [
        (seccomp.OWN_NETWORK, True, {(1, 0), (2, 0), (10, 0), (16, 0), (2, 262)}),
        (seccomp.LOCAL, False, {(1, 0)}),
    ],
)
def test_only_sockets_of_the_families_named_are_made(families, routes, allowed):
    wanted = [(family, protocol) for family in range(46) for protocol in (0, 9, 262)]
    made = {w for w in wanted if _answer("socket", w[0], 1, w[1], families=families, routes=routes) == 0}
    assert {pair for pair in made if pair[0] == socket.AF_NETLINK} == {pair for pair in allowed if pair[0] == 16}
    assert {family for family, _ in made} == {family for family, _ in allowed}


@pytest.mark.parametrize("machine", sorted(MACHINES))
def test_the_numbers_are_those_of_the_kernels_headers(machine):
    if not HEADERS[machine].exists():
        pytest.skip("the headers are not installed")
    found = dict(re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)", HEADERS[machine].read_text()))
    ours = MACHINES[machine].numbers
    assert {name: number for name, number in ours.items() if name in found and int(found[name]) != number} == {}
    assert len(found.keys() & ours.keys()) > 45
