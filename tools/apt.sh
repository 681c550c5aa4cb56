#!/bin/sh
# Installs what some tests need from the system, where that is possible: Open MPI for MPI jobs, iproute2 for hosts that
# are network namespaces, Chromium for the console. Elsewhere those tests are skipped, and say why.
set -eu

missing=
command -v mpirun >/dev/null 2>&1 || missing="$missing openmpi-bin"
command -v ip >/dev/null 2>&1 || missing="$missing iproute2"
command -v chromedriver >/dev/null 2>&1 || missing="$missing chromium chromium-driver"
if [ -z "$missing" ]; then
  exit 0
fi
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
  echo "system: not installed:$missing (needs root and apt-get); tests that need them are skipped"
  exit 0
fi
echo "system: installing$missing"
{ apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing; } >/dev/null 2>&1 ||
  echo "system: apt-get could not install$missing; tests that need them are skipped"
