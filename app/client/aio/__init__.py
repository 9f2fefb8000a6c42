"""The client as it is written; `app.client.sync` is made from it by `scripts/unasync.py`."""
