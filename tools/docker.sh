#!/bin/sh
# Gets ready what the tests of images need: Docker's daemon, compose, and a base image with Python under the name
# byoml-test/python:3.11. Each is left as it is where it is there already. Where one cannot be had, it says why and exits
# with 0: those tests are then skipped, and say so too.
set -eu

IMAGE=byoml-test/python:3.11
PULLED=python:3.11-slim-bookworm
FOLDER=${BYOML_DOCKER_DIR:-/var/tmp/byoml-docker}

skip() {
  echo "docker: $1; tests of images are skipped"
  exit 0
}

as_root() { [ "$(id -u)" = 0 ]; }

install_packages() {
  missing=
  command -v dockerd >/dev/null 2>&1 || missing="$missing docker.io"
  # The SageMaker SDK's local mode runs containers through it.
  command -v docker-compose >/dev/null 2>&1 || missing="$missing docker-compose"
  # Only its program is wanted: Debian starts it as a service where there are services.
  command -v docker-registry >/dev/null 2>&1 || missing="$missing docker-registry"
  command -v iptables >/dev/null 2>&1 || missing="$missing iptables"
  command -v debootstrap >/dev/null 2>&1 || missing="$missing debootstrap"
  [ -n "$missing" ] || return 0
  as_root && command -v apt-get >/dev/null 2>&1 || return 0
  echo "docker: installing$missing"
  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing; } \
    >/dev/null 2>&1 || echo "docker: apt-get could not install$missing"
}

start_daemon() {
  docker info >/dev/null 2>&1 && return 0
  as_root || skip "its daemon does not run, and only root may start it"
  command -v dockerd >/dev/null 2>&1 || skip "it is not installed"
  mkdir -p "$FOLDER"
  echo "docker: starting the daemon; its log is $FOLDER/dockerd.log"
  # A session of its own: what ends this script does not end it.
  setsid dockerd >"$FOLDER/dockerd.log" 2>&1 </dev/null &
  daemon=$!
  until docker info >/dev/null 2>&1; do
    kill -0 "$daemon" 2>/dev/null || skip "its daemon ended: $(tail -n 1 "$FOLDER/dockerd.log")"
    sleep 0.2
  done
}

make_image() {
  docker image inspect "$IMAGE" >/dev/null 2>&1 && return 0
  if timeout 60 docker pull --quiet "$PULLED" >/dev/null 2>&1; then
    docker tag "$PULLED" "$IMAGE"
    return 0
  fi
  as_root && command -v debootstrap >/dev/null 2>&1 || skip "$PULLED cannot be pulled, and debootstrap needs root"
  echo "docker: $PULLED cannot be pulled; making $IMAGE with debootstrap"
  root=$(mktemp -d "$FOLDER/root.XXXXXX")
  trap 'rm -rf "$root"' EXIT
  debootstrap --variant=minbase --include=python3,python3-venv,ca-certificates bookworm "$root" \
    >"$FOLDER/debootstrap.log" 2>&1 || skip "debootstrap failed: $(tail -n 1 "$FOLDER/debootstrap.log")"
  rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/* "$root"/usr/share/doc "$root"/usr/share/man
  tar -C "$root" -c . | docker import --change 'CMD ["python3"]' - "$IMAGE" >/dev/null
}

install_packages
command -v docker >/dev/null 2>&1 || skip "it is not installed"
mkdir -p "$FOLDER"
start_daemon
make_image
