package main

import (
	"os"
	"strings"
)

// hideOkta takes the variables from the process that the Okta SDK would read on its
// own (OKTA_CLIENT_…): it prints to standard output, into the middle of a plan in
// JSON, when one of them is malformed. The result looks variables up as they were,
// for whatever the configuration refers to.
func hideOkta() (getenv func(string) string) {
	hidden := map[string]string{}
	for _, variable := range os.Environ() {
		name, value, _ := strings.Cut(variable, "=")
		if strings.HasPrefix(name, "OKTA_") && !strings.HasPrefix(name, "OKTA_WALKME_") {
			hidden[name] = value
			_ = os.Unsetenv(name) // fails for no name that Environ gives
		}
	}
	return func(name string) string {
		if value, ok := hidden[name]; ok {
			return value
		}
		return os.Getenv(name)
	}
}
