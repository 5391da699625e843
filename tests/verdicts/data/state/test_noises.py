import pytest

import noises


def test_quietly():
    assert noises.quietly()


def test_silence():
    assert noises.silence()


def test_warn():
    with pytest.warns(DeprecationWarning):
        noises.warn()


def test_log(caplog):
    noises.log()
    assert caplog.messages == ["heard"]
