#!/bin/sh
# Build, start everything, look at it, tell the whole demo in a container of its own, stop. Needs Docker with compose.
set -eu
cd "$(dirname "$0")"
./prepare.sh
docker compose config --quiet
docker compose build
trap 'docker compose down' EXIT
docker compose up --detach --wait --wait-timeout 600
docker compose exec -T api retention policy check
docker compose exec -T scheduler retention doctor || echo "the doctor found something; see above"
docker compose run --rm --no-deps --volume /demo api retention demo --workspace /demo/workspace
echo "smoke: done"
