#!/usr/bin/env bash
# Installs what the test world takes from Debian (or Ubuntu): etcd, Alertmanager, PostgreSQL, its exporter, rsyslog, ip, unshare, mkfs.ext4, xz, unzip, openssl.
# With --optional also what only some faults need: Redis, exporters, and what puts Elasticsearch together.
# Safe to run again; does nothing, and needs no root, when all is there. No service is started by it.
# kube-apiserver, its controllers and Prometheus are no packages: HALE_PARTS or Go provide them (test/world/parts-list.ts).
set -euo pipefail

packages=(etcd-server rsyslog rsyslog-elasticsearch prometheus-alertmanager prometheus-postgres-exporter iproute2 util-linux e2fsprogs xz-utils unzip openssl)
optional=(redis-server prometheus-redis-exporter prometheus-blackbox-exporter maven default-jdk-headless)

is_installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }
fail() { echo "install-parts: $*" >&2; exit 1; }

case ${1:-} in
  '') ;;
  --optional) packages+=("${optional[@]}") ;;
  *) fail "unknown option $1; only --optional is one" ;;
esac

command -v apt-get >/dev/null && command -v dpkg-query >/dev/null \
  || fail "this is not Debian or Ubuntu; install by hand: ${packages[*]}, PostgreSQL >= 15"

missing=()
for package in "${packages[@]}"; do
  is_installed "$package" || missing+=("$package")
done
# Any PostgreSQL from 15 on will do; the distribution has one of them.
if ! compgen -G '/usr/lib/postgresql/1[5-9]/bin/initdb' >/dev/null; then missing+=(postgresql); fi

if [ ${#missing[@]} = 0 ]; then
  echo 'install-parts: everything is installed'
  exit 0
fi
[ "$(id -u)" = 0 ] || fail "must run as root to install: ${missing[*]}"

# Packages start their services while they are installed unless this file says no (invoke-rc.d(8)); one that is there already stays.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap 'rm -f "$policy"' EXIT
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
fi

export DEBIAN_FRONTEND=noninteractive
echo "install-parts: installing ${missing[*]}"
apt-get update -qq || fail 'apt-get update failed; is the network there?'
apt-get install -y -qq --no-install-recommends "${missing[@]}" || fail "apt-get could not install: ${missing[*]}"

compgen -G '/usr/lib/postgresql/1[5-9]/bin/initdb' >/dev/null || fail 'this distribution has no PostgreSQL >= 15; install one by hand'
echo 'install-parts: done'
