"""The numbers that operators watch."""


def test_the_metrics_count_pipelines_and_their_documents_without_a_key(api, make_pipeline):
    make_pipeline("one", "two")
    with api.client() as client:
        answer = client.get("/metrics")
    assert answer.status_code == 200 and answer.headers["content-type"].startswith("text/plain")
    found = [line for line in answer.text.splitlines() if not line.startswith("#")]
    assert 'docrail_pipelines{status="active"} 1' in found
    documents = [line for line in found if line.startswith("docrail_documents{")]
    assert sum(int(line.split()[-1]) for line in documents) == 2
    assert "docrail_workers 0" in found
