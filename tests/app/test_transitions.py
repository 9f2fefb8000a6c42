"""Whatever people and workers do, in whatever order, a run only moves as the table of transitions allows."""

from itertools import pairwise
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from app.db.engine import session_factory
from app.db.tables import Run, RunEvent
from app.runs import lease
from app.runs.status import ALLOWED, FINISHED, LEASED, IllegalTransition, Stale, Status, transition
from tests.app.conftest import Api
from tests.factories import TINY

CALLS = st.sampled_from(["cancel", "resume"])


class Life(RuleBasedStateMachine):
    """People call the API, workers and the reaper call the lease, and everybody is sometimes late."""

    client: httpx.Client
    sessions: sessionmaker[Session]

    @initialize()
    def post(self) -> None:
        spec = TINY | {"methods": [{"kind": "vanilla"}]}
        self.run_id = self.client.post("/v1/experiments", json=spec).json()["runs"][0]["id"]
        self.tokens: list[str] = []

    @rule(call=CALLS)
    def ask(self, call: str) -> None:
        before = self.status()
        answer = self.client.post(f"/v1/runs/{self.run_id}/{call}")
        done = {"cancel": before not in FINISHED, "resume": before in FINISHED - {Status.SUCCEEDED}}[call]
        assert answer.status_code == (202 if done else 409)
        if not done:
            assert self.status() == before

    @rule(late=st.integers(0, 2))
    def claim(self, late: int) -> None:
        with self.sessions.begin() as session:
            run = session.get_one(Run, self.run_id)
            status, attempt = run.status, run.attempt - late
            claimed = lease.claim(session, self.run_id, attempt, "worker", 60)
            assert (claimed is not None) == (status == Status.QUEUED and late == 0)
            if claimed is not None and claimed.lease_token:
                self.tokens.append(claimed.lease_token)

    @rule(back=st.integers(0, 2), to=st.sampled_from([*Status]))
    def work(self, back: int, to: Status) -> None:
        """The holder of a token, perhaps of one long lost, moves the run."""
        if len(self.tokens) <= back:
            return
        token = self.tokens[-1 - back]
        try:
            with self.sessions.begin() as session:
                run = lease.held(session, self.run_id, token)
                lease.record(session, self.run_id, token, run.attempt * 10 + back + 1, 1, {"loss": 1.0}, 99)
                session.refresh(run)
                transition(session, run, to)
        except (Stale, IllegalTransition):
            return
        assert back == 0, "a lost lease must not write"

    @rule()
    def settle(self) -> None:
        """The reaper's second step: what was preempted or lost is queued again."""
        with self.sessions.begin() as session:
            run = session.get_one(Run, self.run_id)
            if run.status in (Status.PREEMPTED, Status.LOST):
                transition(session, run, Status.QUEUED)

    @invariant()
    def the_timeline_is_whole(self) -> None:
        if not hasattr(self, "run_id"):
            return
        with self.sessions() as session:
            run = session.get_one(Run, self.run_id)
            events: Any = session.scalars(
                select(RunEvent).where(RunEvent.run_id == self.run_id).order_by(RunEvent.seq)
            ).all()
            assert events[0].from_status is None
            for before, after in pairwise(events):
                assert after.from_status == before.to_status
                assert Status(after.to_status) in ALLOWED[Status(before.to_status)]
            assert events[-1].to_status == run.status
            assert (run.lease_token is not None) == (run.status in LEASED)
            assert (run.finished_at is not None) == (run.status in FINISHED)

    def status(self) -> Status:
        with self.sessions() as session:
            return Status(session.get_one(Run, self.run_id).status)


@pytest.mark.slow
def test_no_sequence_of_calls_leaves_the_table(embedded: Api, api: httpx.Client, database: Any) -> None:
    Life.client, Life.sessions = api, session_factory(database)
    quiet = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
    run_state_machine_as_test(
        Life,
        settings=settings(
            max_examples=25, stateful_step_count=20, deadline=None, suppress_health_check=quiet
        ),
    )
