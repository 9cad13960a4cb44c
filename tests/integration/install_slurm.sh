#!/usr/bin/env bash
# Installs Slurm for the tests of its launcher where it may; elsewhere those tests are skipped, and say so.
set -eu
if command -v slurmctld >/dev/null && command -v munged >/dev/null; then exit 0; fi
sudo=""
if [ "$(id -u)" -ne 0 ]; then sudo="sudo -n"; fi
if command -v apt-get >/dev/null && $sudo true 2>/dev/null; then
    $sudo apt-get update -qq || true
    DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq slurm-wlm munge >/dev/null ||
        echo "Slurm cannot be installed; the tests of its launcher will be skipped." >&2
fi
