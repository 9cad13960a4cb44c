"""What is to be ended with the server is ended, whatever ends it."""

from app.engine.ending import end_all, endings


def test_everything_is_ended_once_the_latest_first_and_a_failure_holds_nobody_up():
    ended = []

    def fail():
        raise OSError("gone already")

    endings().extend([lambda: ended.append("first"), fail, lambda: ended.append("last")])
    end_all()
    end_all()
    assert ended == ["last", "first"]
