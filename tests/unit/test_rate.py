"""How many requests a key may make."""

from docrail.api.rate import KEPT, Rate


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


def test_nothing_is_counted_while_no_limit_is_set():
    assert Rate(0).take("one") is None


def test_a_key_has_so_many_requests_in_each_minute_from_its_first_one():
    clock = Clock()
    rate = Rate(2, clock)
    assert [rate.take("one").remaining for _ in range(2)] == [1, 0]
    clock.now += 45
    refused = rate.take("one")
    assert (refused.refused, refused.remaining, refused.seconds) == (True, 0, 15)
    assert refused.headers(now=1000) == {
        "X-RateLimit-Limit": "2",
        "X-RateLimit-Remaining": "0",
        "X-RateLimit-Reset": "1015",
        "Retry-After": "15",
    }
    assert not rate.take("another").refused
    clock.now += 15
    assert rate.take("one").remaining == 1


def test_who_was_not_seen_for_longest_is_forgotten_first():
    rate = Rate(1, Clock())
    rate.take("first")
    for number in range(KEPT):
        rate.take(f"{number}")
    assert not rate.take("first").refused
    assert rate.take(f"{KEPT - 1}").refused
