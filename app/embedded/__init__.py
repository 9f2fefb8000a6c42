"""The whole service on one machine, its PostgreSQL and Valkey out of wheels, under one supervisor."""
