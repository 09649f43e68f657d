#!/usr/bin/env bash
# Builds the container image into $OUT: one OCI archive for all of $ARCHS, without a
# container engine. One commit gives the same bytes each time. "docker load",
# "podman load", "ctr image import" and "skopeo copy oci-archive:…" read it.
#
#   VERSION, COMMIT, DATE, LDFLAGS   see the Makefile
#   ARCHS     default "amd64 arm64"
#   OUT       default dist
set -euo pipefail
cd "$(dirname "$0")/../.."
: "${VERSION:?}" "${COMMIT:?}" "${DATE:?}" "${LDFLAGS:?}"
ARCHS=${ARCHS:-amd64 arm64} OUT=$(realpath -m "${OUT:-dist}")
export GOFLAGS=-buildvcs=false CGO_ENABLED=0

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$OUT" "$work/docs"
cp LICENSE NOTICE "$work/docs/"
go run -C tools ./licenses -module "$PWD" -out "$work/docs/THIRD-PARTY-LICENSES"
programs=()
for arch in $ARCHS; do
	GOOS=linux GOARCH=$arch go build -trimpath -ldflags "$LDFLAGS" -o "$work/$arch" ./cmd/okta-walkme-agent
	programs+=("$arch=$work/$arch")
done
archive=$OUT/okta-walkme-agent_${VERSION#v}_oci.tar
go run -C tools ./image -out "$archive" -created "$DATE" -version "${VERSION#v}" -revision "$COMMIT" -docs "$work/docs" "${programs[@]}"
(cd "$OUT" && sha256sum "${archive##*/}" | tee "${archive##*/}.sha256")
