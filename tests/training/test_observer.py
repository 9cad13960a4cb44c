from ancra.training.observer import preparing


def test_preparing_says_what_takes_long_and_nothing_else() -> None:
    said: list[str] = []
    tell = preparing(said.append, every=0)
    tell(1, 4)
    tell(4, 4)
    assert said == ["preparing the data: 25%", "preparing the data: 100%"]
    patient = preparing(said.append, every=1000)
    patient(1, 4)
    assert len(said) == 2
