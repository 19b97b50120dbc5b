#!/bin/sh
# Make the secrets that compose.yaml names, each in a file of its own (0600), and docker/.env with who runs the
# containers: you, so that they may read them. What is there stays: run it as often as you like.
set -eu
cd "$(dirname "$0")"
umask 077
mkdir -p secrets
random() { od -An -N32 -tx1 /dev/urandom | tr -d ' \n'; }
keep() { [ -s "secrets/$1" ] || printf '%s' "$2" > "secrets/$1"; }
keep postgres_password "$(random)"
keep redis_password "$(random)"
keep airflow_api_key "$(random)"
keep airflow_jwt_key "$(random)"
keep airflow_fernet_key "$(od -An -N32 -tx1 /dev/urandom | tr -d ' \n' | sed 's/../\\x&/g' | xargs -0 printf '%b' | base64 | tr '+/' '-_')"
keep airflow_passwords "{\"admin\": \"$(random)\", \"operator\": \"$(random)\", \"auditor\": \"$(random)\"}"
postgres=$(cat secrets/postgres_password)
redis=$(cat secrets/redis_password)
keep airflow_database "postgresql+psycopg://retention:$postgres@postgres/airflow"
keep airflow_results "db+postgresql+psycopg://retention:$postgres@postgres/airflow"
keep airflow_broker "redis://:$redis@redis:6379/0"
keep app_database "postgresql+psycopg://retention:$postgres@postgres/app"
keep app_restored_database "postgresql+psycopg://retention:$postgres@postgres/app_restored"
printf 'RETENTION_UID=%s\n' "$(id -u)" > .env
echo "secrets are in docker/secrets; the passwords of Airflow's pages in docker/secrets/airflow_passwords"
