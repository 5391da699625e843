import os

import environment


def test_with_flag():
    assert environment.with_flag() == "1"


def test_in_folder(tmp_path):
    assert environment.in_folder(tmp_path) == os.path.realpath(tmp_path)


def test_price():
    assert environment.price(4) == 4


def test_relative():
    assert environment.relative()
