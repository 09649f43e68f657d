package console

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

// linkLife is how long a link opens the console.
const linkLife = 5 * time.Minute

var (
	// ErrNoConsole says that no process has a console open for this state.
	ErrNoConsole = errors.New("no service with a console is running for this state")
	// ErrSignIn says that the console is opened by a sign-in at Okta, not by a link.
	ErrSignIn = errors.New("this console is opened by a sign-in at Okta")

	errTaken = errors.New("another process has a console open for this state")
	errCode  = errors.New("the link is not valid: it works once, for five minutes, and ends with the service")
)

// keyFile is what a process with an open console leaves beside the state for those
// who may read the state: its address, and the key that signs links. The process
// holds a lock on it, which ends with the process however that ends.
type keyFile struct {
	PID     int    `json:"pid"`
	Address string `json:"address"`
	Key     []byte `json:"key,omitempty"`
	SignIn  bool   `json:"sign_in,omitempty"` // links are not taken
}

func keyPath(statePath string) string { return statePath + ".console" }

// door makes and takes links. A link is signed, ends, and opens once.
type door struct {
	file *os.File
	key  []byte
	now  func() time.Time

	mu   sync.Mutex
	used map[string]time.Time // by nonce: until when the code would be good
}

// openDoor takes the lock and writes the file. The folder of the state is made
// when it is missing, as the state would.
func openDoor(statePath, address string, signIn bool, now func() time.Time) (*door, error) {
	path := keyPath(statePath)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(errTaken, f.Close())
	}
	d := &door{file: f, key: make([]byte, sha256.Size), now: now, used: map[string]time.Time{}}
	rand.Read(d.key) //nolint:errcheck // it never fails, it ends the process
	k := keyFile{PID: os.Getpid(), Address: address, Key: d.key, SignIn: signIn}
	if signIn {
		k.Key = nil
	}
	text, err := json.Marshal(k)
	if err == nil {
		err = errors.Join(f.Chmod(0o600), f.Truncate(0))
	}
	if err == nil {
		_, err = f.WriteAt(text, 0)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return d, nil
}

// close leaves nothing in the file: the key is of no use any more.
func (d *door) close() error { return errors.Join(d.file.Truncate(0), d.file.Close()) }

// pass is what a link says.
type pass struct {
	Nonce    string `json:"n"`
	Until    int64  `json:"t"` // unix seconds
	By       string `json:"by"`
	ViewOnly bool   `json:"v,omitempty"`
}

// Link makes a link to the console that serves a state. It needs no more than to
// read the file beside the state. By is who is on record for what is decided there.
//
// Errors: [ErrNoConsole]; [ErrSignIn], with the address to go to.
func Link(statePath, by string, viewOnly bool, now time.Time) (string, error) {
	f, err := os.Open(keyPath(statePath))
	if errors.Is(err, fs.ErrNotExist) {
		return "", ErrNoConsole
	}
	if err != nil {
		return "", fmt.Errorf("console: %w", err)
	}
	defer f.Close()
	if syscall.Flock(int(f.Fd()), syscall.LOCK_SH|syscall.LOCK_NB) == nil {
		return "", ErrNoConsole // no one holds it
	}
	text, err := io.ReadAll(io.LimitReader(f, 1<<16))
	if err != nil {
		return "", fmt.Errorf("console: %w", err)
	}
	var k keyFile
	if err := json.Unmarshal(text, &k); err != nil {
		return "", ErrNoConsole // it is just being written
	}
	if k.SignIn {
		return k.Address + "/", ErrSignIn
	}
	return k.Address + "/session?code=" + url.QueryEscape(newCode(k.Key, by, viewOnly, now)), nil
}

func newCode(key []byte, by string, viewOnly bool, now time.Time) string {
	text, err := json.Marshal(pass{Nonce: rand.Text(), Until: now.Add(linkLife).Unix(), By: by, ViewOnly: viewOnly})
	if err != nil {
		return "" // a struct of texts and numbers is JSON
	}
	return encode(text) + "." + encode(sign(key, text))
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func sign(key, text []byte) []byte {
	m := hmac.New(sha256.New, key)
	m.Write(text)
	return m.Sum(nil)
}

// take checks a code, and uses it up.
func (d *door) take(code string) (pass, error) {
	head, tail, ok := strings.Cut(code, ".")
	text, err := base64.RawURLEncoding.DecodeString(head)
	mac, macErr := base64.RawURLEncoding.DecodeString(tail)
	if !ok || err != nil || macErr != nil || !hmac.Equal(mac, sign(d.key, text)) {
		return pass{}, errCode
	}
	var p pass
	if json.Unmarshal(text, &p) != nil {
		return pass{}, errCode
	}
	now, until := d.now(), time.Unix(p.Until, 0)
	if !now.Before(until) || until.Sub(now) > linkLife+time.Minute { // a clock that was set back makes no link last
		return pass{}, errCode
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for nonce, end := range d.used {
		if !now.Before(end) {
			delete(d.used, nonce)
		}
	}
	if _, used := d.used[p.Nonce]; used {
		return pass{}, errCode
	}
	d.used[p.Nonce] = until
	return p, nil
}
