"""The client without async and await, made from `app.client.aio` by `scripts/unasync.py`; change it there."""
