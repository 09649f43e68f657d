package main

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// release is what the images of all architectures have in common.
type release struct {
	version, revision string
	created           time.Time
	zones             []byte
	docs              string
}

// program is the binary of one architecture.
type program struct{ arch, path string }

// write makes the archive: an image layout of the OCI (image-spec, "OCI Image
// Layout") with one index for all architectures, as a tar file.
func write(out string, r release, programs []program) (err error) {
	index := mutate.IndexMediaType(empty.Index, types.OCIImageIndex)
	for _, p := range programs {
		img, err := image(r, p)
		if err != nil {
			return fmt.Errorf("%s: %w", p.arch, err)
		}
		index = mutate.AppendManifests(index, mutate.IndexAddendum{
			Add: img, Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: "linux", Architecture: p.arch}},
		})
	}
	dir, err := os.MkdirTemp("", "image-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	path, err := layout.Write(dir, empty.Index)
	if err != nil {
		return err
	}
	names := layout.WithAnnotations(map[string]string{
		"org.opencontainers.image.ref.name": r.version,
		"io.containerd.image.name":          "okta-walkme-agent:" + r.version, // what docker load and ctr import call it
	})
	if err := path.AppendIndex(index, names); err != nil {
		return err
	}
	return pack(out, dir, r.created)
}

// image is the image of one architecture.
func image(r release, p program) (v1.Image, error) {
	binary, err := os.ReadFile(p.path)
	if err != nil {
		return nil, err
	}
	list, err := entries(r, binary)
	if err != nil {
		return nil, err
	}
	files, err := layer(list, r.created)
	if err != nil {
		return nil, err
	}
	img, err := mutate.AppendLayers(mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON), files)
	if err != nil {
		return nil, err
	}
	return mutate.ConfigFile(img, config(img, r, p.arch))
}

func config(img v1.Image, r release, arch string) *v1.ConfigFile {
	file, err := img.ConfigFile()
	if err != nil {
		file = &v1.ConfigFile{} // an image in memory has its configuration
	}
	file = file.DeepCopy()
	file.OS, file.Architecture, file.Created = "linux", arch, v1.Time{Time: r.created}
	for i := range file.History {
		file.History[i] = v1.History{Created: v1.Time{Time: r.created}, CreatedBy: "okta-walkme-agent " + r.version}
	}
	file.Config = v1.Config{
		User:       fmt.Sprintf("%d:%d", userID, userID),
		Entrypoint: []string{"/usr/bin/okta-walkme-agent"},
		Cmd:        []string{"run"},
		Env: []string{
			"PATH=/usr/bin",
			"ZONEINFO=/usr/share/zoneinfo.zip",
			"CREDENTIALS_DIRECTORY=/run/secrets/okta-walkme-agent",
			"RUNTIME_DIRECTORY=/run/okta-walkme-agent",
		},
		WorkingDir: "/var/lib/okta-walkme-agent",
		Volumes:    map[string]struct{}{"/var/lib/okta-walkme-agent": {}},
		StopSignal: "SIGTERM",
		Labels: map[string]string{
			"org.opencontainers.image.title":       "okta-walkme-agent",
			"org.opencontainers.image.description": "Okta to WalkMe provisioning agent",
			"org.opencontainers.image.version":     r.version,
			"org.opencontainers.image.revision":    r.revision,
			"org.opencontainers.image.created":     r.created.Format(time.RFC3339),
			"org.opencontainers.image.licenses":    "Apache-2.0",
		},
	}
	return file
}

// pack writes a folder as a tar file. fs.WalkDir goes in the order of the names.
func pack(out, dir string, at time.Time) (err error) {
	f, err := os.Create(out)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	w := tar.NewWriter(f)
	err = fs.WalkDir(os.DirFS(dir), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || name == "." {
			return err
		}
		if d.IsDir() {
			return w.WriteHeader(&tar.Header{Name: name + "/", Mode: 0o755, ModTime: at, Typeflag: tar.TypeDir})
		}
		return packFile(w, dir, name, at)
	})
	if err != nil {
		return fmt.Errorf("archive: %w", err)
	}
	return w.Close()
}

func packFile(w *tar.Writer, dir, name string, at time.Time) error {
	f, err := os.Open(filepath.Join(dir, name))
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // only read
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: info.Size(), ModTime: at, Typeflag: tar.TypeReg}); err != nil {
		return err
	}
	_, err = io.Copy(w, f)
	return err
}
