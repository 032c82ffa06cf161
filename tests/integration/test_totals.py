"""What is added up for those who watch, on both databases."""

from docrail.models.protocol import Usage
from docrail.store.gauges import read_gauges
from docrail.store.totals import add_totals, count_usage, read_totals


def test_totals_add_up_over_calls_and_workers(databases):
    usage = Usage(calls=2, failed=1, input_tokens=30, output_tokens=4, cost=0.25)
    with databases() as database:
        for shard in (0, 1, 1):
            with database.writing() as connection:
                add_totals(connection, count_usage("some-model", usage), shard=shard)
                add_totals(connection, {}, shard=shard)
        with database.reading() as connection:
            totals = read_totals(connection)
            assert read_gauges(connection).totals == totals
    assert totals["model_cost"] == {"some-model": 0.75}
    assert {name: found["some-model"] for name, found in totals.items()} == {
        "model_calls": 6,
        "model_failed_calls": 3,
        "model_input_tokens": 90,
        "model_output_tokens": 12,
        "model_cost": 0.75,
    }
