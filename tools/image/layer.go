package main

import (
	"archive/tar"
	"bytes"
	"encoding/pem"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"golang.org/x/crypto/x509roots/fallback/bundle"
)

// The user that the program runs as. The number is the one that images without a
// distribution commonly use, so that policies know it.
const userID = 65532

// entry is a file or, without data, a folder of the image.
type entry struct {
	path string
	mode int64
	user int
	data []byte
}

// entries lists what is in the image, sorted, each folder before what is in it.
func entries(r release, binary []byte) ([]entry, error) {
	out := []entry{
		{"etc/", 0o755, 0, nil},
		{"etc/group", 0o644, 0, fmt.Appendf(nil, "root:x:0:\nagent:x:%d:\n", userID)},
		{"etc/okta-walkme-agent/", 0o755, 0, nil},
		{"etc/passwd", 0o644, 0, fmt.Appendf(nil, "root:x:0:0:root:/:/none\nagent:x:%d:%d:okta-walkme-agent:/var/lib/okta-walkme-agent:/none\n", userID, userID)},
		{"etc/ssl/", 0o755, 0, nil},
		{"etc/ssl/certs/", 0o755, 0, nil},
		{"etc/ssl/certs/ca-certificates.crt", 0o644, 0, certificates()},
		{"run/", 0o755, 0, nil},
		{"run/okta-walkme-agent/", 0o700, userID, nil},
		{"tmp/", 0o1777, 0, nil},
		{"usr/", 0o755, 0, nil},
		{"usr/bin/", 0o755, 0, nil},
		{"usr/bin/okta-walkme-agent", 0o755, 0, binary},
		{"usr/share/", 0o755, 0, nil},
		{"usr/share/doc/", 0o755, 0, nil},
		{"usr/share/doc/okta-walkme-agent/", 0o755, 0, nil},
		{"usr/share/zoneinfo.zip", 0o644, 0, r.zones},
		{"var/", 0o755, 0, nil},
		{"var/lib/", 0o755, 0, nil},
		{"var/lib/okta-walkme-agent/", 0o700, userID, nil},
	}
	if r.docs == "" {
		return out, nil
	}
	docs, err := os.ReadDir(r.docs)
	if err != nil {
		return nil, err
	}
	for _, doc := range docs {
		data, err := os.ReadFile(filepath.Join(r.docs, doc.Name()))
		if err != nil {
			return nil, err
		}
		out = append(out, entry{"usr/share/doc/okta-walkme-agent/" + doc.Name(), 0o644, 0, data})
	}
	slices.SortFunc(out, func(a, b entry) int { return bytes.Compare([]byte(a.path), []byte(b.path)) })
	return out, nil
}

// certificates is Mozilla's list of roots without further constraints, in the order
// of the bundle.
func certificates() []byte {
	var out bytes.Buffer
	for root := range bundle.Roots() {
		if root.Constraint != nil {
			continue // a root that may vouch for some certificates only cannot be said in PEM
		}
		_ = pem.Encode(&out, &pem.Block{Type: "CERTIFICATE", Bytes: root.Certificate}) // a buffer takes everything
	}
	return out.Bytes()
}

// layer packs the entries.
func layer(list []entry, at time.Time) (v1.Layer, error) {
	var packed bytes.Buffer
	w := tar.NewWriter(&packed)
	for _, e := range list {
		h := &tar.Header{Name: e.path, Mode: e.mode, Uid: e.user, Gid: e.user, ModTime: at, Typeflag: tar.TypeDir, Format: tar.FormatPAX}
		if e.data != nil {
			h.Typeflag, h.Size = tar.TypeReg, int64(len(e.data))
		}
		if err := w.WriteHeader(h); err != nil {
			return nil, fmt.Errorf("%s: %w", e.path, err)
		}
		if _, err := w.Write(e.data); err != nil {
			return nil, fmt.Errorf("%s: %w", e.path, err)
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(packed.Bytes())), nil })
}
