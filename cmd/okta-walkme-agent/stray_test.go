package main

import (
	"os"
	"testing"
)

// What the Okta SDK would find in the environment is gone, but for the references of
// the configuration.
func TestHideOkta(t *testing.T) {
	vars := map[string]bool{"OKTA_CLIENT_CACHE_DEFAULT_TTL": true, "OKTA_TOKEN": true, configVar: false, "WALKME_USERNAME": false}
	for name := range vars {
		t.Setenv(name, "value of "+name)
	}
	getenv := hideOkta()
	for name, hidden := range vars {
		if _, there := os.LookupEnv(name); there == hidden {
			t.Errorf("%s is in the environment: %t, want %t", name, there, !hidden)
		}
		if got, want := getenv(name), "value of "+name; got != want {
			t.Errorf("getenv(%s) = %q, want %q", name, got, want)
		}
	}
	if got := getenv("OKTA_NOTHING"); got != "" {
		t.Errorf("getenv(OKTA_NOTHING) = %q, want nothing", got)
	}
}
