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

// Largest bodies that are read, in bytes after decompression. Of an error only
// the beginning is of interest.
const (
	maxListBody   = 16 << 20
	maxObjectBody = 1 << 20
	maxErrorBody  = 64 << 10
)

var errTooLarge = errors.New("the answer is too large")

// readIntoMemory replaces the body of an answer by a copy in memory,
// decompressed, and closes the original. It fails on a body that is cut off, or
// too large while the status says success.
func readIntoMemory(resp *http.Response) error {
	defer resp.Body.Close()
	limit, cut := maxObjectBody, false
	switch {
	case resp.StatusCode >= 300:
		limit, cut = maxErrorBody, true
	case resp.Request != nil && resp.Request.URL.RawQuery != "": // only lists are asked for with a query
		limit = maxListBody
	}
	plain, err := decompressed(resp)
	if err != nil {
		return err
	}
	body, err := io.ReadAll(io.LimitReader(plain, int64(limit)+1))
	switch {
	case err != nil && !cut:
		return fmt.Errorf("read the answer: %w", err)
	case len(body) > limit && !cut:
		return fmt.Errorf("%w: more than %d bytes", errTooLarge, limit)
	}
	resp.Body = io.NopCloser(bytes.NewReader(body[:min(len(body), limit)]))
	resp.ContentLength = int64(min(len(body), limit))
	return nil
}

// decompressed undoes gzip and deflate, which the client asks for as Okta does.
// Deflate is read with and without its zlib header: servers send both.
func decompressed(resp *http.Response) (io.Reader, error) {
	buffered := bufio.NewReader(resp.Body)
	head, _ := buffered.Peek(2)
	if len(head) == 0 {
		return buffered, nil
	}
	switch strings.ToLower(strings.TrimSpace(resp.Header.Get("Content-Encoding"))) {
	case "", "identity":
		return buffered, nil
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
