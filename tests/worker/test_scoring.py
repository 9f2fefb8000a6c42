"""Scorers: real processes that hold models, die, are replaced, and leave nobody waiting."""

import asyncio
import os
import signal
from collections.abc import Iterator
from typing import Any

import httpx
import numpy as np
import psutil
import pytest
from redis import Redis

from app.db.tables import Run
from app.models.files import folder_of
from app.scoring import broker, wire
from app.scoring.exchange import Exchange, ScorerFailed
from synib.scoring import Scorer, cross
from tests.app.conftest import Api
from tests.app.kits import promotable, trained
from tests.synib.scoring import media_kits
from tests.synib.uploads.making import as_tar, as_zip, packed
from tests.worker.service import Service, command, family

PATH = "/v1/models/m/score"


@pytest.fixture
def api(service: Service) -> Iterator[Api]:
    """An API over the same servers and store, with one model."""
    made = Api(service.settings.model_copy(update={"mode": "embedded", "score_wait": 60}))
    with service.sessions() as session:
        run = promotable(session, service.settings.store)
    with made.client() as client:
        assert client.post("/v1/models", json={"run": run.id, "name": "m"}).status_code == 201
    yield made
    made.stop()


def body(rows: range) -> dict[str, Any]:
    _, _, data = trained()
    return {
        "examples": [{"x": {name: values[row].tolist() for name, values in data.x.items()}} for row in rows]
    }


def scorers(worker: Any) -> list[psutil.Process]:
    return [p for p in family(worker.pid) if "worker.scorer" in command(p)]


def confidences(answer: httpx.Response) -> list[float]:
    return [one["confidence"] for one in answer.json()["examples"]]


async def ask(url: str, number: int, wait: int = 60) -> list[httpx.Response]:
    """So many requests of some examples each, at once."""
    async with httpx.AsyncClient(base_url=url, timeout=wait + 30) as client:
        headers = {"Prefer": f"wait={wait}"}
        asked = [client.post(PATH, json=body(range(i, i + 3)), headers=headers) for i in range(number)]
        return list(await asyncio.gather(*asked))


@pytest.mark.slow
def test_a_worker_of_score_answers_and_ends_when_told(service: Service, api: Api) -> None:
    worker = service.worker("score")
    answers = asyncio.run(ask(api.url, 5))
    assert [answer.status_code for answer in answers] == [200] * 5
    _, _, data = trained()
    [folder] = (service.settings.store / "models").glob("mdl_*")
    x = {name: values[:7] for name, values in data.x.items()}
    expected = Scorer.load(folder).score(x).joint_p.max(1)
    for i, answer in enumerate(answers):
        assert confidences(answer) == pytest.approx(expected[i : i + 3], abs=1e-6)
    worker.terminate()
    assert worker.wait(timeout=20) == 0


@pytest.mark.slow
def test_crossings_and_examples_that_come_together_each_get_their_answer(service: Service, api: Api) -> None:
    service.worker("score")
    _, _, data = trained()
    pair = [str(one) for one in data.example_id[:2]]

    async def asked() -> tuple[list[httpx.Response], list[httpx.Response]]:
        async with httpx.AsyncClient(base_url=api.url, timeout=90) as client:
            headers = {"Prefer": "wait=60"}
            crossed = [
                client.post("/v1/models/m/cross", json={"examples": given}, headers=headers)
                for given in (pair, ["nobody", pair[1]], pair[::-1])
            ]
            return await asyncio.gather(asyncio.gather(*crossed), ask(api.url, 3))

    (first, wrong, second), scored = asyncio.run(asked())
    assert [one.status_code for one in (first, wrong, second, *scored)] == [200, 422, 200, 200, 200, 200]
    assert wrong.json()["errors"][0]["pointer"] == "/examples/0"
    [folder] = (service.settings.store / "models").glob("mdl_*")
    crossed = cross(Scorer.load(folder), data, pair).scored.joint_p.max(1)
    told = [cell["scored"]["confidence"] for cell in first.json()["cells"]]
    assert told == pytest.approx(crossed, abs=1e-6)
    assert [cell["scored"]["confidence"] for cell in second.json()["cells"]] == pytest.approx(told[::-1])


@pytest.mark.slow
def test_what_a_killed_scorer_had_taken_is_answered_by_the_next(service: Service, api: Api) -> None:
    worker = service.worker("score")
    assert asyncio.run(ask(api.url, 1))[0].status_code == 200
    [victim] = scorers(worker)
    redis = broker_of(service)

    async def killed_at_work() -> list[httpx.Response]:
        os.kill(victim.pid, signal.SIGSTOP)  # the broker still hands it the next request
        waiting = asyncio.create_task(ask(api.url, 6))
        while not redis.keys(broker.taken("*")):
            await asyncio.sleep(0.02)
        os.kill(victim.pid, signal.SIGKILL)
        return await waiting

    answers = asyncio.run(killed_at_work())
    assert [answer.status_code for answer in answers] == [200] * 6
    assert scorers(worker)[0].pid != victim.pid
    service.until(lambda: not redis.keys(broker.taken("*")))  # right after the answers


@pytest.mark.slow
def test_a_request_that_two_scorers_died_of_is_given_up_and_told(service: Service) -> None:
    redis, exchange = broker_of(service), Exchange(service.settings)

    async def asked() -> None:
        """Leave what is left when a scorer is killed at work a second time."""
        one = asyncio.create_task(exchange.ask("mdl_" + "0" * 32, {"label": []}, {}, 60))
        while redis.llen(broker.WAITING) == 0:
            await asyncio.sleep(0.02)
        head, arrays = wire.unpack(redis.lpop(broker.WAITING))
        redis.rpush(broker.taken("ghost"), wire.pack(head | {"deaths": 1}, arrays))
        redis.sadd(broker.SCORERS, "ghost")
        service.worker("score")
        with pytest.raises(ScorerFailed, match="two scorers have died of it"):
            await one
        await exchange.close()

    asyncio.run(asked())


@pytest.mark.slow
def test_what_nobody_waits_for_any_more_is_not_scored(service: Service, api: Api) -> None:
    late = asyncio.run(ask(api.url, 2, wait=1))
    assert {answer.json()["code"] for answer in late} == {"no_answer"}
    redis = broker_of(service)
    assert redis.llen(broker.WAITING) == 3  # the promotion's, too
    service.worker("score")
    service.until(lambda: redis.llen(broker.WAITING) == 0 and not redis.keys(broker.taken("*")))
    assert not redis.keys(broker.answers("*"))
    assert asyncio.run(ask(api.url, 1))[0].status_code == 200


@pytest.mark.slow
def test_scoring_goes_on_after_the_broker_was_killed(service: Service, api: Api, crash_servers: Any) -> None:
    service.worker("score")
    assert asyncio.run(ask(api.url, 1))[0].status_code == 200
    crash_servers()
    answers = service.until(
        lambda: [a for a in asyncio.run(ask(api.url, 1, wait=10)) if a.status_code == 200]
    )
    assert len(answers) == 1


@pytest.mark.slow
def test_a_file_is_scored_as_the_library_does_and_labels_make_a_report(service: Service, api: Api) -> None:
    service.worker("analysis,system")
    _, _, data = trained()
    test = data.select("test")
    names = [f"{m}:{i}" for m in test.x for i in range(3)]
    rows = np.concatenate([*test.x.values()], axis=1)
    lines = [
        f"{data.classes[y]},{','.join(map(repr, row.tolist()))}" for y, row in zip(test.y, rows, strict=True)
    ]
    table = "\n".join([",".join(["label", *names]), *lines])
    with api.client() as client:
        posted = client.post("/v1/models/m/score", files={"examples": ("a.csv", table)}).json()
        [run] = service.until_ended(posted["run_id"])
        assert run.status == "succeeded", run.reason
        path = f"/v1/scorings/{posted['id']}"
        told = client.get(f"{path}/examples", params={"limit": 1000}).json()["data"]
        report = client.get(f"{path}/report").json()
        records = client.get(f"/v1/runs/{run.id}/examples").json()["data"]
        bad = client.post("/v1/models/m/score", files={"examples": ("a.csv", table.replace("x2:2", "x3:2"))})
        [failed] = service.until_ended(bad.json()["run_id"])
    [folder] = (service.settings.store / "models").glob("mdl_*")
    expected = Scorer.load(folder).score(test.x, [data.classes[y] for y in test.y])
    assert [one["synergy"] for one in told] == pytest.approx(expected.synergy.tolist(), abs=1e-6)
    assert [one["interaction"] for one in told] == pytest.approx(expected.interaction.tolist(), abs=1e-6)
    assert report["examples"] == len(test)
    assert [one["synergy"] for one in records] == pytest.approx([one["synergy"] for one in told], abs=1e-6)
    assert records[0]["split"] == "new"
    assert (failed.status, failed.reason["code"]) == ("failed", "invalid_table")


@pytest.mark.slow
def test_an_archive_is_scored_as_the_library_does_and_a_bad_file_is_told_with_its_row(
    service: Service, api: Api
) -> None:
    made = media_kits.made()
    with service.sessions() as session:
        run = promotable(session, service.settings.store, made=made)
    service.worker("analysis,system")
    files = media_kits.archive()
    bad = files | {"rows": [row | {"picture_file_name": "no.png"} for row in files["rows"][:1]]}
    with api.client() as client:
        assert client.post("/v1/models", json={"run": run.id, "name": "media"}).status_code == 201

        def scored(content: bytes) -> Run:
            sent = client.post("/v1/models/media/score", files={"examples": ("a", content)})
            return service.until_ended(sent.json()["run_id"])[0]

        done, failed = scored(as_tar(packed(files))), scored(as_zip(packed(bad)))
        assert done.status == "succeeded", done.reason
        path = f"/v1/scorings/{done.scoring_id}"
        told = client.get(f"{path}/examples", params={"limit": 1000}).json()["data"]
        assert client.get(f"{path}/report").json()["examples"] == len(told) == media_kits.N
        folder = folder_of(service.settings.store, client.get("/v1/models/media").json()["id"])
    label = [row["label"] for row in files["rows"]]
    expected = Scorer.load(folder).score({name: made[2].x[name] for name in ("meter", "picture")}, label)
    for column in ("synergy", "interaction"):
        assert [one[column] for one in told] == pytest.approx(getattr(expected, column).tolist(), abs=1e-6)
    assert [one["confidence"] for one in told] == pytest.approx(expected.joint_p.max(1).tolist(), abs=1e-6)
    assert (failed.status, failed.reason["code"]) == ("failed", "invalid_table")
    assert "row 1: no.png is not in the archive" in failed.reason["message"]
    assert not list((service.settings.store / "scorings" / ".scratch").iterdir())


def broker_of(service: Service) -> Redis:
    return Redis.from_url(service.settings.broker_url.get_secret_value())
