"""The client against /openapi.json: each operation and each field of an answer is in both, or named here."""

import importlib
import pkgutil

import httpx
import msgspec
import pytest
from msgspec import inspect

import docrail.client
from docrail.client.route import Route
from docrail.client.values.progress import ErrorEntry, ErrorGroup, Eta, PhaseProgress, Progress
from docrail.usecases.progress_json import (
    ErrorBody,
    EtaBody,
    GroupBody,
    PhaseBody,
    PipelinePhaseBody,
    ProgressBody,
)

NOT_IN_THE_CLIENT = {
    ("GET", "/health/live"): "a probe: asked without a key by what starts and stops processes",
    ("GET", "/health/ready"): "a probe: asked without a key by what starts and stops processes",
    ("GET", "/metrics"): "read by Prometheus",
    ("GET", "/share/{token}"): "opened with the link alone, by people who have no key",
}
OTHER_ANSWERS = {
    (
        "GET",
        "/v1/pipelines/{pipeline_id}/progress",
    ): "described as an object; compared with the server's value below",
    (
        "GET",
        "/v1/pipelines/{pipeline_id}/progress/audit",
    ): "described as a map; the client knows its two keys",
}


def routes():
    """Every operation that the client has, by method and path; some have two answers."""
    found = {}
    for module in pkgutil.walk_packages(docrail.client.__path__, "docrail.client."):
        for value in vars(importlib.import_module(module.name)).values():
            if isinstance(value, Route) and value not in found.setdefault((value.method, value.path), []):
                found[value.method, value.path].append(value)
    return found


@pytest.fixture
def document(api):
    return httpx.get(f"{api.url}/openapi.json").json()


def operations(document):
    return {
        (method.upper(), path): operation
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    }


def test_every_operation_is_in_the_client_or_in_the_list(document):
    served, known = set(operations(document)), set(routes())
    assert served - known == set(NOT_IN_THE_CLIENT)
    assert known - served == set()


def test_every_field_of_every_answer_is_in_the_client_and_no_other(document):
    wrong, compared = [], 0
    for operation, known in routes().items():
        if operation in OTHER_ANSWERS:
            continue
        schemas = list(answers(document, operations(document)[operation]))
        for schema in schemas:
            best = min((differences(document, schema, read(route)) for route in known), key=len)
            wrong += [f"{operation}: {each}" for each in best]
            compared += 1
    assert wrong == [] and compared > 60


def test_a_field_more_or_less_is_seen():
    class Answer(msgspec.Struct):
        id: str
        gone: str

    schema = {"properties": {"id": {"type": "string"}, "new": {"type": "string"}}}
    assert differences({}, schema, inspect.type_info(Answer)) == [
        "not in the client: new",
        "not served: gone",
    ]


def test_progress_is_what_the_server_encodes():
    assert names(Progress) == names(ProgressBody)
    assert names(PhaseProgress) == names(PhaseBody) | names(PipelinePhaseBody)
    assert names(ErrorEntry) == names(ErrorBody)
    assert names(ErrorGroup) == names(GroupBody)
    assert names(Eta) == names(EtaBody)


def names(kind):
    return {field.encode_name for field in msgspec.structs.fields(kind)}


def answers(document, operation):
    """The schemas of what is answered when all goes well, apart from 202s beside a 200 and what is no JSON."""
    good = {status: answer for status, answer in operation["responses"].items() if status.startswith("2")}
    for status, answer in good.items():
        schema = answer.get("content", {}).get("application/json", {}).get("schema")
        if schema is not None and not (status == "202" and "200" in good):
            yield from schema.get("anyOf", [schema])


def read(route):
    return inspect.type_info(route.reads)


def differences(document, schema, known, at=""):
    """What one side has and the other has not, with where."""
    schema = resolve(document, schema)
    if isinstance(known, inspect.UnionType) or "anyOf" in schema:
        some = [
            each for each in schema.get("anyOf", [schema]) if resolve(document, each).get("type") != "null"
        ]
        one = some[0] if len(some) == 1 else {}
        return differences(document, one, struct_in(known) or inspect.AnyType(), at)
    if "items" in schema and hasattr(known, "item_type"):
        return differences(document, schema["items"], known.item_type, f"{at}[]")
    if isinstance(schema.get("additionalProperties"), dict) and isinstance(known, inspect.DictType):
        return differences(document, schema["additionalProperties"], known.value_type, f"{at}{{}}")
    if "properties" not in schema:
        return (
            [f"{at} has fields in the client only"]
            if isinstance(known, inspect.StructType) and schema
            else []
        )
    if not isinstance(known, inspect.StructType):
        return [f"{at} has fields that the client does not read"]
    fields = {field.encode_name: field.type for field in known.fields}
    served = schema["properties"]
    wrong = [f"not in the client: {at}{name}" for name in sorted(served.keys() - fields.keys())]
    wrong += [f"not served: {at}{name}" for name in sorted(fields.keys() - served.keys())]
    for name in sorted(served.keys() & fields.keys()):
        wrong += differences(document, served[name], fields[name], f"{at}{name}.")
    return wrong


def resolve(document, schema):
    if "$ref" in schema:
        return document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return schema


def struct_in(known):
    """The type of a value that may be something simple, or missing, as well."""
    for each in known.types if isinstance(known, inspect.UnionType) else [known]:
        each = getattr(each, "item_type", each)
        if isinstance(each, inspect.StructType | inspect.DictType):
            return each
    return None
