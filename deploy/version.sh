#!/usr/bin/env bash
# Prints the version of this tree: the tag where there is one, else the release that
# VERSION names, as git describe would write it: v1.0.0 is the commit that set
# VERSION, v1.0.0-5-gabcdef0 the fifth one after it. Changes that are not committed
# add -dirty.
set -euo pipefail
cd "$(dirname "$0")/.."
release=v$(<VERSION)
if ! git rev-parse --git-dir >/dev/null 2>&1; then
	echo "$release" # an archive of the sources
	exit
fi
dirty=
git diff --quiet HEAD -- 2>/dev/null || dirty=-dirty
if tag=$(git describe --tags --match 'v[0-9]*' 2>/dev/null); then
	echo "$tag$dirty"
	exit
fi
set=$(git log -1 --format=%H -- VERSION)
[ -n "$set" ] || { echo "$release-0-guncommitted$dirty"; exit; }
after=$(git rev-list --count "$set..HEAD")
[ "$after" = 0 ] && echo "$release$dirty" || echo "$release-$after-g$(git rev-parse --short=7 HEAD)$dirty"
