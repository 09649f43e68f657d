#!/usr/bin/env bash
# Builds the packages into $OUT: .deb and .rpm for each of $ARCHS, the bare binaries,
# an SBOM for each (CycloneDX), and SHA256SUMS. One commit gives the same bytes each
# time.
#
#   VERSION   such as v1.2.3; what is no release gets a version below all releases
#   COMMIT, DATE, LDFLAGS   see the Makefile
#   ARCHS     default "amd64 arm64"
#   FORMATS   default "deb rpm"
#   OUT       default dist
set -euo pipefail
cd "$(dirname "$0")/../.."
: "${VERSION:?}" "${COMMIT:?}" "${DATE:?}" "${LDFLAGS:?}"
ARCHS=${ARCHS:-amd64 arm64} FORMATS=${FORMATS:-deb rpm} OUT=${OUT:-dist}
export GOFLAGS=-buildvcs=false CGO_ENABLED=0
MAINTAINER=${MAINTAINER:-okta-walkme-agent maintainers <maintainers@example.com>}
if [ "$DATE" = unknown ]; then # an archive of the sources: the day of the release
	DATE=$(sed -n 's/^## \[.*\] - \([-0-9]*\)$/\1/p' CHANGELOG.md | head -1)T00:00:00Z
fi
SOURCE_DATE_EPOCH=$(date -u -d "$DATE" +%s)
export SOURCE_DATE_EPOCH

# 1.2.3; 1.2.3+5+gabcdef0 after it; 1.2.3~rc.1 before it; 0.0.0~… before the first.
case $VERSION in
v[0-9]*-dirty | v[0-9]*-*-g*) PACKAGE_VERSION=${VERSION#v} PACKAGE_VERSION=${PACKAGE_VERSION//-/+} ;;
v[0-9]*) PACKAGE_VERSION=${VERSION#v} PACKAGE_VERSION=${PACKAGE_VERSION/-/\~} ;;
*) PACKAGE_VERSION=0.0.0~$(date -u -d "$DATE" +%Y%m%d%H%M%S).${COMMIT:0:7} ;;
esac

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$OUT"

# recipe fills in nfpm.yaml. nfpm itself expands variables in some places only.
recipe() {
	local name expressions=()
	declare -A values=([ARCH]=$ARCH [PACKAGE_VERSION]=$PACKAGE_VERSION [MAINTAINER]=$MAINTAINER [WORK]=$work [DATE]=$DATE)
	for name in "${!values[@]}"; do expressions+=(-e "s|\${$name}|${values[$name]}|g"); done
	sed "${expressions[@]}" deploy/package/nfpm.yaml >"$work/nfpm.yaml"
}

# For this machine: the tools, and a build that says what its commands are.
go build -modfile=tools/go.mod -o "$work/" \
	github.com/goreleaser/nfpm/v2/cmd/nfpm github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod
go build -trimpath -ldflags "$LDFLAGS" -o "$work/okta-walkme-agent" ./cmd/okta-walkme-agent
"$work/okta-walkme-agent" man | gzip -n9 >"$work/okta-walkme-agent.8.gz"
"$work/okta-walkme-agent" man agent.yaml | gzip -n9 >"$work/agent.yaml.5.gz"
for shell in bash zsh fish; do "$work/okta-walkme-agent" completion $shell >"$work/completion.$shell"; done

# The changelog of both formats is the project's own: a heading is a release, each item
# of its lists a note.
awk -v packager="$MAINTAINER" -f deploy/package/changelog.awk CHANGELOG.md >"$work/changelog.yaml"
go run -C tools ./licenses -module "$PWD" -out "$work/THIRD-PARTY-LICENSES"

# The SBOM takes the version from a repository's tag, so it is made of a copy that has
# this one: of an archive of the sources, too.
mkdir "$work/source"
tar -c --exclude=./.git --exclude=./dist --exclude=./bin . | tar -x -C "$work/source"
in_copy() {
	GIT_AUTHOR_DATE=$DATE GIT_COMMITTER_DATE=$DATE git -C "$work/source" -c user.name=build -c user.email=build@example.com -c commit.gpgsign=false "$@"
}
in_copy init -q
in_copy add -A
in_copy commit -q --no-verify -m "$VERSION"
in_copy tag "$VERSION"

for ARCH in $ARCHS; do
	GOOS=linux GOARCH=$ARCH go build -trimpath -ldflags "$LDFLAGS" -o "$work/okta-walkme-agent" ./cmd/okta-walkme-agent
	GOOS=linux GOARCH=$ARCH "$work/cyclonedx-gomod" app -json -licenses -noserial -notimestamp \
		-main cmd/okta-walkme-agent -output "$work/sbom.cdx.json" "$work/source" 2>"$work/sbom.log" || { cat "$work/sbom.log"; exit 1; }
	cp "$work/sbom.cdx.json" "$OUT/okta-walkme-agent_${PACKAGE_VERSION}_$ARCH.cdx.json"
	cp "$work/okta-walkme-agent" "$OUT/okta-walkme-agent_${PACKAGE_VERSION}_linux_$ARCH"
	recipe
	for format in $FORMATS; do
		"$work/nfpm" package --config "$work/nfpm.yaml" --packager "$format" --target "$OUT/" >"$work/nfpm.log" || { cat "$work/nfpm.log"; exit 1; }
	done
done
(cd "$OUT" && rm -f SHA256SUMS && sha256sum -- * >SHA256SUMS && cat SHA256SUMS)
