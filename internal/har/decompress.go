package har

import (
	"bufio"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"strings"
)

// decompressed is what a coded body holds, at most maxBodies of it.
type decompressed struct {
	text    []byte
	cut     bool   // text is not the whole
	comment string // what the reader must know; "" when text is the whole
}

// decompress undoes gzip and deflate, the latter with and without its zlib
// header. Of a body that was cut off the text ends where it does. A body that
// cannot be decompressed is left out: it may hold secrets that no rule can find.
func decompress(encoding string, data []byte, cut bool) decompressed {
	r, err := decoder(encoding, data)
	if err != nil {
		return decompressed{cut: true, comment: fmt.Sprintf("%d bytes left out: %v", len(data), err)}
	}
	text, err := io.ReadAll(io.LimitReader(r, maxBodies+1))
	d := decompressed{text: text[:min(len(text), maxBodies)]}
	switch {
	case len(text) > maxBodies:
		d.cut, d.comment = true, fmt.Sprintf("the first %d bytes after decompression", maxBodies)
	case err != nil:
		d.cut, d.comment = true, fmt.Sprintf("decompressed until: %v", err)
	case cut:
		d.cut = true
	}
	return d
}

func decoder(encoding string, data []byte) (io.Reader, error) {
	in := bufio.NewReader(bytes.NewReader(data))
	switch strings.ToLower(strings.TrimSpace(encoding)) {
	case "identity":
		return in, nil
	case "gzip", "x-gzip":
		return gzip.NewReader(in)
	case "deflate":
		head, err := in.Peek(2)
		if err == nil && head[0]&0x0f == 8 && (uint(head[0])<<8|uint(head[1]))%31 == 0 {
			return zlib.NewReader(in)
		}
		return flate.NewReader(in), nil
	}
	return nil, errors.New("the encoding is none that is decompressed here")
}
