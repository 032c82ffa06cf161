"""Data policies over HTTP: versions, and specs that name one."""

RULES = [{"format": "upper", "field": "number"}]
SPEC = """
name: Shouted notes
fields:
  number: {{type: string}}
rail:
  - {{type: registry}}
  - {{type: schema}}
  - {{type: resolve, policy_ids: [{policy}]}}
"""


def test_the_same_content_is_the_same_version_and_rules_make_the_next(client):
    made = client.post("/v1/data-policies", json={"name": "shout", "rules": RULES})
    again = client.post("/v1/data-policies", json={"name": "shout", "rules": RULES}).json()
    assert (made.status_code, made.json()) == (201, again)
    here = made.json()["links"]["self"]
    second = client.post(f"{here}/rules", json={"rules": [{"format": "trim", "field": "number"}]}).json()
    assert (second["id"], second["version"], len(second["rules"])) == (again["id"], 2, 2)
    assert client.get(f"{here}/rules").json()["data"] == second["rules"]
    back = client.put(f"{here}/rules", json={"rules": RULES}).json()
    assert (back["version"], back["digest"]) == (1, again["digest"])
    assert [each["version"] for each in client.get(f"{here}/versions").json()["data"]] == [2, 1]
    assert client.get(here, params={"version": 1}).json()["rules"] == RULES
    listed = client.get("/v1/data-policies").json()
    assert (listed["pagination"]["total"], listed["data"][0]["version"]) == (1, 2)
    saved = client.get("/v1/audit", params={"action": "policy.saved"}).json()["data"]
    assert [entry["details"]["version"] for entry in saved] == [2, 1]
    chain = client.get("/v1/audit/verify", params={"head": saved[1]["hash"]}).json()
    assert (chain["whole"], chain["entries"], chain["problems"]) == (True, saved[0]["seq"], [])
    assert client.get("/v1/audit/verify", params={"head": "0f"}).json()["whole"] is False


def test_every_mistake_is_told_at_once(client):
    rules = [{"formt": "upper", "field": "a"}, {"lookup": {"key": "a"}, "field": "b"}]
    answer = client.post("/v1/data-policies", json={"name": "p", "rules": rules})
    assert answer.status_code == 400
    paths = [detail["path"] for detail in answer.json()["details"]]
    assert paths == ["rules[0]", "rules[1]", "rules[1]"]


def test_a_spec_takes_a_policy_by_its_name_or_id_and_keeps_its_own(api, client, make_spec):
    policy = client.post("/v1/data-policies", json={"name": "shout", "rules": RULES}).json()
    by_name, by_id = (make_spec(SPEC.format(policy=each)) for each in ("shout", policy["id"]))
    assert by_name == by_id
    unknown = client.post("/v1/specs", content=SPEC.format(policy="whisper"))
    assert unknown.status_code == 400 and "whisper" in unknown.text
    own = "policies: [{name: mine, rules: [{format: lower, field: number}]}]\n"
    make_spec(own + SPEC.format(policy="mine").lstrip())
    names = [each["name"] for each in client.get("/v1/data-policies").json()["data"]]
    assert names == ["mine", "shout"]


def test_another_workspace_does_not_see_it(api, client):
    policy = client.post("/v1/data-policies", json={"name": "shout", "rules": RULES}).json()
    with api.client(api.secret(workspace="another")) as stranger:
        assert stranger.get(policy["links"]["self"]).status_code == 404
        assert stranger.get("/v1/data-policies").json()["pagination"]["total"] == 0
