#!/usr/bin/env bash
# Builds the image of this machine's architecture twice, compares the bytes, unpacks it
# and runs it as a container engine would: a read-only root, the image's user, no
# network but loopback, writable volumes alone. The whole demo plays inside: an org, a
# tenant, and the agent. It needs root, namespaces and python3; without them it says so
# and ends with 0.
set -euo pipefail
cd "$(dirname "$0")/../.."

skip() { echo "skipped: $1"; exit 0; }

# value FILE PATH: one value of a JSON document; a list gives a line for each entry.
value() {
	python3 -c 'import json, sys
v = json.load(open(sys.argv[1]))
for key in sys.argv[2].split("."):
    v = v[int(key)] if isinstance(v, list) else v[key]
print("\n".join(v) if isinstance(v, list) else v)' "$@"
}

# unpack ARCHIVE DIR: index, index, manifest, configuration and layer, as an engine
# follows them. It leaves DIR/root and DIR/config.
unpack() {
	mkdir "$2" "$2/layout" "$2/root"
	tar -C "$2/layout" -xf "$1"
	local at=$2/layout manifest index
	blob() { echo "$at/blobs/${1/://}"; }
	index=$(blob "$(value "$at/index.json" manifests.0.digest)")
	manifest=$(blob "$(value "$index" manifests.0.digest)")
	cp "$(blob "$(value "$manifest" config.digest)")" "$2/config"
	tar -C "$2/root" -xzf "$(blob "$(value "$manifest" layers.0.digest)")"
}

# inside DIR runs in namespaces of its own.
inside() {
	local root=$1/root user environment
	mount --bind "$root" "$root"
	mount -o remount,bind,ro "$root"
	for dir in var/lib/okta-walkme-agent tmp run/okta-walkme-agent; do mount -t tmpfs -o mode=1777 tmpfs "$root/$dir"; done
	! command -v ip >/dev/null || ip link set lo up
	printf 'none' >"$root/tmp/okta-api-token"
	printf 'Bearer none' >"$root/tmp/walkme-token"
	chmod 0644 "$root"/tmp/*
	cat >"$root/tmp/agent.yaml" <<-'YAML'
		okta: {org_url: "https://acme.example.com", app_id: 0oa1b2c3d4e5f6g7h8i9, auth: {api_token: "credential:okta-api-token"}}
		walkme: {region: us, auth: {token: "credential:walkme-token"}}
		time_zone: Europe/Berlin
	YAML
	user=$(value "$1/config" config.User)
	mapfile -t environment < <(value "$1/config" config.Env)
	agent() {
		env -i "${environment[@]}" CREDENTIALS_DIRECTORY=/tmp "$(command -v chroot)" --userspec="$user" "$root" /usr/bin/okta-walkme-agent "$@"
	}
	agent version
	agent --config /tmp/agent.yaml check --offline >"$root/tmp/check"
	echo 'ok: the configuration is read, with its time zone'
	agent demo >"$root/tmp/demo"
	echo 'ok: the demo plays'
	! touch "$root/usr/x" 2>/dev/null
	echo 'ok: the root is read-only'
}

if [ "${1:-}" = inside ]; then
	inside "$2"
	exit
fi

[ "$(id -u)" = 0 ] || skip 'this needs root'
for tool in unshare chroot python3; do command -v "$tool" >/dev/null || skip "$tool is not here"; done
unshare --mount --net --pid --fork true 2>/dev/null || skip 'no namespaces can be made here'

out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
for n in 1 2; do
	VERSION=v0.0.1 COMMIT=$(git rev-parse HEAD) DATE=2026-01-02T03:04:05Z ARCHS=$(go env GOARCH) OUT=$out/$n \
		LDFLAGS='-s -w -X main.version=v0.0.1 -X main.commit=test -X main.date=2026-01-02T03:04:05Z' deploy/image/build.sh >/dev/null
done
cmp "$out"/1/*.tar "$out"/2/*.tar
echo "ok: two builds give the same $(($(stat -c %s "$out"/1/*.tar) / 1024)) KiB"
unpack "$out"/1/*.tar "$out/image"
[ "$(value "$out/image/config" config.User)" = 65532:65532 ]
echo 'ok: it runs as a user without rights'
[ "$(grep -c 'BEGIN CERTIFICATE' "$out/image/root/etc/ssl/certs/ca-certificates.crt")" -gt 100 ]
echo 'ok: certificates are there'
grep -q 'SPDX-License-Identifier: BSD-3-Clause' "$out/image/root/usr/share/doc/okta-walkme-agent/THIRD-PARTY-LICENSES"
echo 'ok: licences are there'
unshare --mount --net --pid --fork --propagation private bash "$0" inside "$out/image"
