"""Windows' job objects: a process and all that it starts end together, and share limits.

Written from Microsoft's documentation; it was never tried on Windows.  A job has no walls round files and network.
"""

from __future__ import annotations

import ctypes
from ctypes import wintypes

from pytest_llmgen.run.sandbox.plan import Limits

BASIC_UI_RESTRICTIONS, EXTENDED_LIMIT_INFORMATION = 4, 9
PROCESS_TIME, ACTIVE_PROCESS, JOB_MEMORY = 0x2, 0x8, 0x200
DIE_ON_UNHANDLED_EXCEPTION, KILL_ON_JOB_CLOSE = 0x400, 0x2000
ALL_OF_THE_DESKTOP = 0xFF
"""Handles of others, clipboard, settings, display, atoms, desktops, and ending the session."""
MEGABYTE = 1 << 20
TICKS = 10_000_000  # of Windows' clock in a second


class _Basic(ctypes.Structure):
    _fields_ = (
        ("process_time", ctypes.c_int64),
        ("job_time", ctypes.c_int64),
        ("flags", ctypes.c_uint32),
        ("least_working_set", ctypes.c_size_t),
        ("most_working_set", ctypes.c_size_t),
        ("active_processes", ctypes.c_uint32),
        ("affinity", ctypes.c_size_t),
        ("priority", ctypes.c_uint32),
        ("scheduling", ctypes.c_uint32),
    )


class _Counters(ctypes.Structure):
    _fields_ = tuple((name, ctypes.c_uint64) for name in ("reads", "writes", "others", "read", "written", "moved"))


class Extended(ctypes.Structure):
    """JOBOBJECT_EXTENDED_LIMIT_INFORMATION."""

    _fields_ = (
        ("basic", _Basic),
        ("counters", _Counters),
        ("process_memory", ctypes.c_size_t),
        ("job_memory", ctypes.c_size_t),
        ("peak_process_memory", ctypes.c_size_t),
        ("peak_job_memory", ctypes.c_size_t),
    )


def confine(limits: Limits) -> None:
    """Put this process into a job of its own; the job's only handle is its own, so that all ends when it does.

    Raises ``OSError`` where Windows refuses it.
    """
    kernel = ctypes.WinDLL("kernel32", use_last_error=True)  # type: ignore[attr-defined]
    kernel.CreateJobObjectW.restype = kernel.GetCurrentProcess.restype = wintypes.HANDLE
    job = wintypes.HANDLE(kernel.CreateJobObjectW(None, None))
    extended, desktop = information(limits), ctypes.c_uint32(ALL_OF_THE_DESKTOP)
    steps = (
        lambda: job.value,
        lambda: kernel.SetInformationJobObject(
            job, EXTENDED_LIMIT_INFORMATION, ctypes.byref(extended), ctypes.sizeof(extended)
        ),
        lambda: kernel.SetInformationJobObject(
            job, BASIC_UI_RESTRICTIONS, ctypes.byref(desktop), ctypes.sizeof(desktop)
        ),
        lambda: kernel.AssignProcessToJobObject(job, wintypes.HANDLE(kernel.GetCurrentProcess())),
    )
    if not all(step() for step in steps):
        raise ctypes.WinError(ctypes.get_last_error())  # type: ignore[attr-defined]


def information(limits: Limits) -> Extended:
    """The limits in Windows' words; a limit of 0 is none."""
    told = Extended()
    basic = told.basic
    basic.flags = KILL_ON_JOB_CLOSE | DIE_ON_UNHANDLED_EXCEPTION
    for flag, value in (
        (PROCESS_TIME, limits.cpu_seconds),
        (ACTIVE_PROCESS, limits.processes),
        (JOB_MEMORY, limits.memory_mb),
    ):
        basic.flags |= flag if value else 0
    basic.process_time = limits.cpu_seconds * TICKS
    basic.active_processes = limits.processes
    told.job_memory = limits.memory_mb * MEGABYTE
    return told
