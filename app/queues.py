"""The queues that runs and tasks wait in."""

ANALYSIS = "analysis"
"""Its own queue: what takes seconds does not wait behind a thousand trainings, only for the next slot."""
RUN_QUEUES = ("train.gpu", "train.cpu", ANALYSIS)
"""Their runs are computed by processes under a supervisor."""
SCORE = "score"
"""No runs: who serves it has models in memory and answers requests (`app.scoring.broker`)."""
QUEUES = (*RUN_QUEUES, SCORE, "system")
