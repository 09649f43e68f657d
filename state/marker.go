package state

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"strings"
)

// Marker says how far a state was, and where, when the last run ended. It is a file
// beside the state that no copy of the state takes along: one that is missing, ahead,
// or of another machine tells that the state is a copy, or was moved.
type Marker struct {
	Generation int64  `json:"generation"` // see DB.Generation
	Machine    string `json:"machine"`    // see Machine
}

// Marker reads what stands beside the state. It is nil where there is none, where what
// there is cannot be understood.
func (db *DB) Marker() (*Marker, error) {
	text, err := os.ReadFile(db.markerPath())
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	var m Marker
	if err != nil || json.Unmarshal(text, &m) != nil || m.Machine == "" {
		return nil, db.fail("read the marker", err)
	}
	return &m, nil
}

// Mark brings the marker to the disk: the generation of the state, and this machine. One
// that says so already is left as it is. Only who holds the lock can.
func (db *DB) Mark(ctx context.Context) error {
	generation, err := db.Generation(ctx)
	if err != nil {
		return err
	}
	before, err := db.Marker()
	if err != nil {
		return err
	}
	now := Marker{Generation: generation, Machine: Machine()}
	if before != nil && *before == now {
		return nil
	}
	if db.writer == nil {
		err = ErrReadOnly
	} else if err = db.replaced(); err == nil {
		err = now.save(db.markerPath())
	}
	return db.fail("write the marker", err)
}

func (db *DB) markerPath() string { return db.path + ".marker" }

func (m Marker) save(path string) error {
	text, err := json.Marshal(m)
	if err != nil {
		return err
	}
	partial := path + ".new"
	if err := removeIfThere(partial); err != nil { // of a process that was killed
		return writeError(err)
	}
	f, err := create(partial)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := f.Write(append(text, '\n')); err != nil {
		return errors.Join(writeError(err), os.Remove(partial))
	}
	if err := f.Sync(); err != nil {
		return errors.Join(writeError(err), os.Remove(partial))
	}
	if err := os.Rename(partial, path); err != nil {
		return writeError(err)
	}
	return syncFolder(path)
}

// Machine identifies the machine that this process runs on, by /etc/machine-id or, where
// there is none, by the host's name. Neither can be told from it (machine-id(5) asks for
// that).
func Machine() string {
	text, err := os.ReadFile("/etc/machine-id")
	id := strings.TrimSpace(string(text))
	if err != nil || id == "" || id == "uninitialized" {
		id = "host " + hostName()
	}
	sum := sha256.Sum256([]byte("okta-walkme-agent state marker\n" + id))
	return hex.EncodeToString(sum[:16])
}

// hostName is "" where the system does not say it: then all such machines are one.
func hostName() string {
	name, err := os.Hostname()
	if err != nil {
		return ""
	}
	return name
}
