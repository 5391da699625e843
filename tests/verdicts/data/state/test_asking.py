from asking import Box, is_sized


def test_box_is_sized():
    assert is_sized(Box())
