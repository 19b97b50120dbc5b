"""How: one package a system, each with the same file names. Start at a package's `connect.py`.

    memory      the documented reference, in the process or in one JSON file
    sql         SQLite and PostgreSQL by SQLAlchemy
    lake        Parquet, JSON Lines and CSV files on S3 or on a disk
    backups     dated copies and their expiry
    processor   people who process data for us, over HTTP

A connector sees the ports, the model, the errors and its vendor's library, and no other connector.
"""
