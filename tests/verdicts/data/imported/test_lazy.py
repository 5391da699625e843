def test_look_up():
    from lazy import DEFAULT, look_up

    assert look_up("a") == DEFAULT == 1
