package walkme

import (
	"bufio"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// Largest bodies that are read, in bytes after decompression. A group is shown with
// all of its members, a quarter of a million of them at most. Of an error only the
// beginning is of interest.
const (
	maxListBody   = 16 << 20
	maxObjectBody = 1 << 20
	maxGroupBody  = 32 << 20 // also of a page of groups, see page
	maxErrorBody  = 64 << 10
)

var errTooLarge = errors.New("the answer is too large")

// readIntoMemory replaces the body of an answer by a copy in memory,
// decompressed, and closes the original. It fails on a body that is cut off, or
// too large while the status says success. A write that succeeded is done, however
// much the server has to say about it: a body that is too large counts as none.
func readIntoMemory(req *http.Request, resp *http.Response) error {
	defer resp.Body.Close()
	limit, cut := largest(req), false
	if resp.StatusCode >= 300 {
		limit, cut = maxErrorBody, true
	}
	plain, err := Decompressed(resp)
	if err != nil {
		return err
	}
	body, err := readAll(io.LimitReader(plain, int64(limit)+1), resp.ContentLength)
	switch {
	case err != nil && !cut:
		return fmt.Errorf("read the answer: %w", err)
	case len(body) > limit && !cut && req.Method != http.MethodGet:
		body = nil
	case len(body) > limit && !cut:
		return fmt.Errorf("%w: more than %d bytes", errTooLarge, limit)
	}
	body = body[:min(len(body), limit)]
	resp.Body = &inMemory{*bytes.NewReader(body), body}
	resp.ContentLength = int64(len(body))
	return nil
}

// inMemory is a body that was read whole.
type inMemory struct {
	bytes.Reader
	text []byte
}

// Close implements io.Closer.
func (*inMemory) Close() error { return nil }

// bodyOf returns the body of an answer, which the transport has mostly read already.
func bodyOf(resp *http.Response) ([]byte, error) {
	if read, ok := resp.Body.(*inMemory); ok {
		return read.text, nil
	}
	return readAll(resp.Body, resp.ContentLength)
}

// readAll is io.ReadAll of what is said to be so long; below 0 when that is not known.
func readAll(r io.Reader, length int64) ([]byte, error) {
	const believed = 64 << 10
	var b bytes.Buffer
	if length >= 0 {
		b.Grow(int(min(length, believed)) + bytes.MinRead)
	}
	_, err := b.ReadFrom(r)
	return b.Bytes(), err
}

func largest(req *http.Request) int {
	switch {
	case strings.Contains(req.URL.Path, groupsPath):
		return maxGroupBody
	case req.URL.RawQuery != "": // only lists are asked for with a query
		return maxListBody
	}
	return maxObjectBody
}

// Decompressed undoes gzip and deflate, which the client asks for as Okta does.
// Deflate is read with and without its zlib header: servers send both.
func Decompressed(resp *http.Response) (io.Reader, error) {
	encoding := strings.ToLower(strings.TrimSpace(resp.Header.Get("Content-Encoding")))
	if encoding == "" || encoding == "identity" {
		return resp.Body, nil
	}
	buffered := bufio.NewReader(resp.Body)
	head, _ := buffered.Peek(2)
	if len(head) == 0 {
		return buffered, nil
	}
	switch encoding {
	case "gzip", "x-gzip":
		r, err := gzip.NewReader(buffered)
		if err != nil {
			return nil, fmt.Errorf("decompress the answer: %w", err)
		}
		return r, nil
	case "deflate":
		if len(head) == 2 && head[0]&0x0f == 8 && (uint(head[0])<<8|uint(head[1]))%31 == 0 {
			return zlib.NewReader(buffered)
		}
		return flate.NewReader(buffered), nil
	}
	return nil, errors.New("the answer has an encoding that was not asked for")
}
