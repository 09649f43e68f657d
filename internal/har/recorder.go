package har

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"sync"
)

// Creator names the program in the file.
type Creator struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// Recorder writes one archive. It may be used from several goroutines, by any
// number of transports. Entries stand in the order in which exchanges ended.
type Recorder struct {
	mu   sync.Mutex
	file *os.File
	end  int64    // where the closing brackets begin
	any  bool     // there is an entry, so that the next one needs a comma
	also []string // secrets that are hidden in every exchange
	err  error    // the first one; after it nothing is recorded
}

// tail closes what head opened.
const tail = "\n]}}\n"

// Create makes the file (0600) with an archive that has no entries yet. An
// existing path, also a dangling link, is an error that is os.ErrExist.
func Create(path string, by Creator) (*Recorder, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("trace: %w", err)
	}
	creator, err := json.Marshal(by)
	if err == nil {
		head := fmt.Appendf(nil, `{"log":{"version":"1.2","creator":%s,"entries":[`, creator)
		_, err = file.Write(append(head, tail...))
		r := &Recorder{file: file, end: int64(len(head))}
		if err == nil {
			return r, nil
		}
	}
	return nil, errors.Join(fmt.Errorf("trace: %w", err), file.Close(), os.Remove(path))
}

// Hide has texts hidden wherever they turn up, besides the secrets of each request:
// the credentials of a proxy, which net/http adds below the transport, and quotes when
// the proxy repeats them.
func (r *Recorder) Hide(texts ...string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.also = append(r.also, texts...)
}

// secretsIn lists what is to be hidden in the exchange of a request.
func (r *Recorder) secretsIn(req *http.Request) *secrets {
	s := secretsIn(req)
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, text := range r.also {
		s.learn(text)
	}
	return s
}

// Transport returns a transport that records what passes through it on the way
// to next.
func (r *Recorder) Transport(next http.RoundTripper) *Transport {
	return &Transport{recorder: r, next: next}
}

// Close closes the file. It returns the first error of all the writing; what was
// recorded before it is whole. Exchanges that end later are not recorded. A
// second Close does nothing.
func (r *Recorder) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.file == nil {
		return nil
	}
	err := errors.Join(r.err, r.file.Close())
	r.file = nil
	if err != nil {
		return fmt.Errorf("trace: %w", err)
	}
	return nil
}

// add writes an entry. A failure never reaches the exchange.
func (r *Recorder) add(e *entry) {
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	encodeErr := enc.Encode(e)
	line := bytes.TrimRight(text.Bytes(), "\n")

	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.file == nil || r.err != nil:
	case encodeErr != nil:
		r.err = encodeErr
	default:
		r.append(line)
	}
}

// append writes over the tail. One call of the system carries the whole, so that
// a kill comes before or after it. When the disk is full the file goes back to
// what it was.
func (r *Recorder) append(line []byte) {
	separator := "\n"
	if r.any {
		separator = ",\n"
	}
	text := append(append([]byte(separator), line...), tail...)
	if _, err := r.file.WriteAt(text, r.end); err != nil {
		_, restoreErr := r.file.WriteAt([]byte(tail), r.end)
		r.err = errors.Join(err, restoreErr, r.file.Truncate(r.end+int64(len(tail))))
		return
	}
	r.end += int64(len(text) - len(tail))
	r.any = true
}
