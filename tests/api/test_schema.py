"""Schemathesis against the API in this process: what the schema promises is what is answered, for whatever is sent."""

from __future__ import annotations

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import GenerationMode
from schemathesis.checks import positive_data_acceptance

from tests.api.test_roles import MAY, SUBJECT

FORM = "the call is not of this form"
FEW = settings(
    max_examples=2,
    deadline=None,
    derandomize=True,
    database=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
"""So many calls an operation and mode; the same ones in every run."""


@pytest.fixture(scope="module")
def schema(standing):
    """The schema as the application serves it."""
    return schemathesis.openapi.from_asgi("/v1/openapi.json", standing.api)


@pytest.fixture(scope="module")
def numbers(standing):
    """Numbers of what there is: a planned case and a hold."""
    case, plan, _ = standing.planned()
    hold = standing.done("POST", "/v1/holds", {"subject": SUBJECT, "reason": "dispute"})["hold_id"]
    return {"case_id": case, "plan_id": plan, "hold_id": hold}


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize("at", list(MAY), ids=" ".join)
def test_what_is_promised_is_answered(standing, schema, numbers, at, mode):
    """No 5xx, no status, type or shape that the schema does not name; what does not fit it is refused."""
    method, path = at
    operation = schema[path][method]
    headers = {"Authorization": f"Bearer {standing.tokens[min(MAY[at])]}"}

    @seed(20261126)
    @FEW
    @given(case=operation.as_strategy(generation_mode=mode))
    def call(case):
        if mode is GenerationMode.POSITIVE:
            case.path_parameters = {name: numbers.get(name, value) for name, value in case.path_parameters.items()}
        # which keys, laws and codes there are is the policy's to say, not the schema's: 422 with another text
        said = case.call_and_validate(headers=headers, excluded_checks=[positive_data_acceptance])
        assert mode is GenerationMode.NEGATIVE or FORM not in said.text

    call()
