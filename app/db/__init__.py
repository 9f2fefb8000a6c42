"""The database: tables, engine, sessions."""
