"""What stands around us, looked at for `retention doctor`: reads settings, changes nothing, reads nobody's data.

buckets    an S3 bucket: region, versioning, Object Lock, lifecycle
queues     an SQS queue: time-outs, dead letters
client     boto3 and its errors in our words
mail       a mail server: does it greet us, does it encrypt?
addresses  any HTTP server, and its clock
airflow    Airflow's REST API: are its parts alive, are our pools there?
"""

from __future__ import annotations

from connectors.health.addresses import examine_address
from connectors.health.airflow import examine_airflow
from connectors.health.buckets import examine_bucket
from connectors.health.mail import examine_mail
from connectors.health.queues import examine_queue

__all__ = ["examine_address", "examine_airflow", "examine_bucket", "examine_mail", "examine_queue"]
