"""The demo: a video-streaming company on this machine, and what happens to its customers' data.

workspace   the demo's own folder, made anew
world       the company's data: generated, seeded, relative to now
systems     PostgreSQL, the S3 simulator and the analytics processor; start reading here
filling     the world put into the systems
backups     the operations team's scripts: nightly copies, and a restore
airflow     one run of a DAG, without a scheduler
analytics   a processor in its own process
"""
