package configs

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// maxFile bounds a configuration, secret or certificate file, in bytes.
const maxFile = 1 << 20

// Env is what a configuration takes from the machine. Its zero value is the real
// environment.
type Env struct {
	Getenv func(name string) string // nil: os.Getenv
	// ReadFile returns a file's content and permission bits; nil: from the disk.
	ReadFile func(path string) ([]byte, fs.FileMode, error)
	// Dir is what relative paths in the file are relative to; "": the folder of
	// the file for [Load], the working directory for [Parse].
	Dir string
}

// Load reads and checks a configuration file. What is wrong with it is an
// *[Errors]; a file that cannot be read is one too, with a single problem that
// has no position. Secrets are not resolved.
func Load(path string, env Env) (*Config, error) {
	if env.Dir == "" {
		env.Dir = filepath.Dir(path)
	}
	data, _, err := env.read(path)
	if err != nil {
		return nil, &Errors{Problems: []*Problem{{File: path, Msg: "the configuration cannot be read: " + reason(err)}}}
	}
	return Parse(path, data, env)
}

// Parse checks the text of a configuration file; name stands for it in messages.
func Parse(name string, data []byte, env Env) (*Config, error) {
	ps := &problems{source: newPositions(name)}
	root, text := parseDocument(ps, data)
	if root == nil {
		return nil, ps.err()
	}
	c := Default()
	c.env = env
	d := &decoder{problems: ps, text: text}
	if d.root(root, &c) {
		c.applyFidelity(ps.source)
		c.check(ps)
	}
	c.source = ps.source
	if err := ps.err(); err != nil {
		return nil, err
	}
	c.finish()
	return &c, nil
}

// finish ties the parts of a valid configuration together.
func (c *Config) finish() {
	c.Schedule.zone = c.TimeZone
	c.Okta.CAFile = c.env.path(c.Okta.CAFile)
	c.WalkMe.CAFile = c.env.path(c.WalkMe.CAFile)
	c.State.Path = c.env.path(c.State.Path)
	c.Console.TLS.CertFile = c.env.path(c.Console.TLS.CertFile)
	c.Console.TLS.KeyFile = c.env.path(c.Console.TLS.KeyFile)
	if path, ok := c.Console.socket(); ok {
		c.Console.Listen = "unix:" + c.env.path(path)
	}
}

func (e Env) getenv(name string) string {
	if e.Getenv != nil {
		return e.Getenv(name)
	}
	return os.Getenv(name)
}

// path makes a path of the file one that the process can open; "" stays "".
func (e Env) path(p string) string {
	if p == "" || filepath.IsAbs(p) || e.Dir == "" {
		return p
	}
	return filepath.Join(e.Dir, p)
}

// read returns at most maxFile bytes; a longer file is an error.
func (e Env) read(path string) ([]byte, fs.FileMode, error) {
	if e.ReadFile != nil {
		return e.ReadFile(path)
	}
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0) // a pipe that nobody writes to would never open
	if err != nil {
		return nil, 0, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, 0, err
	}
	if info.IsDir() {
		return nil, 0, errors.New("it is a folder")
	}
	data, err := readAll(f, info)
	if err != nil {
		return nil, 0, err
	}
	if len(data) > maxFile {
		return nil, 0, fmt.Errorf("it is longer than %d bytes", maxFile)
	}
	return data, info.Mode(), nil
}

// pipePatience is how long whoever writes into a pipe may take.
const pipePatience = 30 * time.Second

// pipePoll is how often a pipe without a writer is looked at.
const pipePoll = 20 * time.Millisecond

// readAll reads at most one byte more than maxFile. Of a pipe it waits for the first byte,
// for as long as pipePatience.
func readAll(f *os.File, info fs.FileInfo) ([]byte, error) {
	until := time.Now().Add(pipePatience)
	pipe := info.Mode()&fs.ModeNamedPipe != 0
	if pipe {
		if err := f.SetReadDeadline(until); err != nil {
			return nil, err
		}
	}
	for {
		data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded), pipe && err == nil && len(data) == 0 && time.Now().After(until):
			return nil, fmt.Errorf("it is a pipe, and nobody has written all of it within %s", pipePatience)
		case err != nil, len(data) > 0, !pipe:
			return data, err
		}
		time.Sleep(pipePoll)
	}
}

// reason is an error of the file system without the path, which the reader has.
func reason(err error) string {
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) {
		return pathErr.Err.Error()
	}
	return err.Error()
}
