package configs_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"okta-walkme-agent/configs"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestBadFiles loads every file of testdata/bad and compares what it is told with
// testdata/bad.golden, where the texts can be read one after the other.
func TestBadFiles(t *testing.T) {
	const golden = "testdata/bad.golden"
	files, err := filepath.Glob("testdata/bad/*.yaml")
	if err != nil || len(files) < 40 {
		t.Fatalf("Glob = %d files, %v; want 40 or more", len(files), err)
	}
	var got strings.Builder
	for _, file := range files {
		fmt.Fprintf(&got, "== %s\n%s\n", filepath.Base(file), refusal(t, file))
	}
	if *update {
		if err := os.WriteFile(golden, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		t.Errorf("what bad files are told (-want +got; -update accepts it):\n%s", diff)
	}
}

// refusal loads a bad file and returns what is wrong with it.
func refusal(t *testing.T, file string) string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	_, err = configs.Parse(filepath.Base(file), data, configs.Env{})
	var all *configs.Errors
	if !errors.As(err, &all) {
		t.Fatalf("Parse(%s) = %v, want *Errors", file, err)
	}
	lines := strings.Count(string(data), "\n") + 1
	for _, p := range all.Problems {
		if p.Line < 0 || p.Line > lines || p.Line > 0 && p.Column < 1 {
			t.Errorf("Parse(%s): %v has no place in the file", file, p)
		}
		var one *configs.Problem
		if !errors.As(err, &one) {
			t.Errorf("Parse(%s): no *Problem inside %v", file, err)
		}
	}
	// Files put this word where a secret might be written by mistake.
	if strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), "aHVudGVyMg") {
		t.Errorf("Parse(%s) shows a secret: %v", file, err)
	}
	return err.Error()
}

func TestGoodFiles(t *testing.T) {
	files, err := filepath.Glob("testdata/good/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("Glob = %q, %v", files, err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			c, err := configs.Load(file, configs.Env{})
			if err != nil {
				t.Fatal(err)
			}
			c.Agent() // panics on a mapping that load did not check
		})
	}
}

// FuzzParse holds that no text makes Parse panic, that an error is always
// *Errors, and that what loads can be used.
func FuzzParse(f *testing.F) {
	f.Add(configs.Sample())
	for _, pattern := range []string{"testdata/bad/*.yaml", "testdata/good/*.yaml"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(data)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := configs.Parse("fuzz.yaml", data, machine(nil, nil))
		if err != nil {
			var all *configs.Errors
			if !errors.As(err, &all) || len(all.Problems) == 0 {
				t.Fatalf("Parse = %T %v, want *Errors", err, err)
			}
			return
		}
		c.Agent()
		c.OktaClient()
		c.WalkMeClient()
		c.ReadyMaxAge(noon)
	})
}
