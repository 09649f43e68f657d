package walkme_test

import (
	"errors"
	"testing"

	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/walkme"
	"okta-walkme-agent/walkme/walkmetest"
)

// A list whose counters are texts ends Okta's provisioning: with the strict wire it is no
// answer, and otherwise a list like any other.
func TestExactNumbers(t *testing.T) {
	for _, tt := range []struct {
		quirks walkmetest.Quirks
		text   string // the counter that is named
	}{
		{walkmetest.Quirks{}, ""},
		{walkmetest.Quirks{StringStartIndex: true}, "startIndex"},
		{walkmetest.Quirks{StringIntegers: true}, "itemsPerPage"},
	} {
		for _, wire := range []walkme.Wire{walkme.StrictWire(), walkme.DefaultWire()} {
			_, client := tenantOf(t, 3, tt.quirks, walkme.Config{Wire: wire})
			u, err := client.FindUser(t.Context(), "p001@example.com")
			if tt.text == "" || !wire.ExactNumbers {
				if err != nil || u.UserName != "p001@example.com" {
					t.Errorf("strict %t, %q as text: FindUser() = %v, %v", wire.ExactNumbers, tt.text, u, err)
				}
				continue
			}
			var text *walkme.TextCounterError
			if !errors.As(err, &text) || text.Counter != tt.text || errors.Is(err, scim.ErrNotFound) {
				t.Errorf("strict, %q as text: FindUser() = %v", tt.text, err)
			}
		}
	}
}
