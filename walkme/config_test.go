package walkme_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"okta-walkme-agent/walkme"
)

func TestNewClientRefuses(t *testing.T) {
	good := walkme.Config{BaseURL: "https://walkme.example.com/scim", Profile: walkme.OIN, Auth: walkme.Auth{Token: "Bearer abc"}}
	for _, tt := range []struct {
		change func(*walkme.Config)
		want   string
	}{
		{func(c *walkme.Config) { c.BaseURL = "" }, "base URL: not of the form https://host/path"},
		{func(c *walkme.Config) { c.BaseURL = "walkme.example.com" }, "base URL: not of the form"},
		{func(c *walkme.Config) { c.BaseURL = "ftp://walkme.example.com" }, `the scheme is https, not "ftp"`},
		{func(c *walkme.Config) { c.BaseURL = "http://walkme.example.com" }, "write https://walkme.example.com"},
		{func(c *walkme.Config) { c.BaseURL = "https://u:p4ss@walkme.example.com" }, "must not contain a credential"},
		{func(c *walkme.Config) { c.BaseURL = "https://walkme.example.com?x=1" }, "must not have a query"},
		{func(c *walkme.Config) { c.BaseURL = "https://walkme.example.com/v2/Users/" }, "write https://walkme.example.com/v2"},
		{func(c *walkme.Config) { c.Profile = "scim" }, `profile is "oin" or "aiw", not "scim"`},
		{func(c *walkme.Config) { c.Wire.SecondGroupWrite = "often" }, `second_group_write is one of ["always" "when_missing" "never"], not "often"`},
		{func(c *walkme.Config) { c.Wire.MemberBatch = 1001 }, "member_batch is 1 to 1000, not 1001"},
		{func(c *walkme.Config) { c.Timeout = -1 }, "a limit is negative"},
	} {
		cfg := good
		tt.change(&cfg)
		_, err := walkme.NewClient(cfg)
		if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "p4ss") {
			t.Errorf("NewClient() = %v, want %s", err, tt.want)
		}
	}
	for _, base := range []string{"https://walkme.example.com/scim/", "http://127.0.0.1:8080/scim", "http://localhost/scim", "http://[::1]/scim"} {
		cfg := good
		cfg.BaseURL = base
		c, err := walkme.NewClient(cfg)
		if err != nil {
			t.Errorf("NewClient(%s) = %v", base, err)
			continue
		}
		if got := c.Target(); got != strings.TrimSuffix(base, "/") {
			t.Errorf("Target() = %s, want %s", got, base)
		}
	}
}

// The header that a credential becomes, or why it does not.
func TestAuth(t *testing.T) {
	const basic = "b2t0YTpzM2NyZXQ=" // okta:s3cret
	for _, tt := range []struct {
		auth walkme.Auth
		want string // header, or a part of the error after !
	}{
		{walkme.Auth{Username: "okta", Password: "s3cret"}, "Basic " + basic},
		{walkme.Auth{Username: "okta", Password: "s3:crét"}, "Basic b2t0YTpzMzpjcsOpdA=="},
		{walkme.Auth{Token: "Basic " + basic}, "Basic " + basic},
		{walkme.Auth{Token: " basic  " + basic + "\n"}, "Basic " + basic},
		{walkme.Auth{Token: basic}, "Basic " + basic},
		{walkme.Auth{Token: "b2t0YTpzMyBjcmV0"}, "Basic b2t0YTpzMyBjcmV0"}, // okta:s3 cret
		{walkme.Auth{Token: "Bearer s3cret.s3cret"}, "Bearer s3cret.s3cret"},
		{walkme.Auth{Token: "bearer s3cret"}, "Bearer s3cret"},
		{walkme.Auth{Token: "Bearer !~"}, "Bearer !~"},
		{walkme.Auth{Token: "Bearer s3cret\x7f"}, "!no header can carry"},
		{walkme.Auth{}, "!give a username and password, or a token"},
		{walkme.Auth{Username: "okta"}, "!the password is missing"},
		{walkme.Auth{Password: "s3cret"}, "!the username is missing"},
		{walkme.Auth{Username: "ok:ta", Password: "s3cret"}, "!must not contain a colon"},
		{walkme.Auth{Username: "okta", Password: "s3cret", Token: basic}, "!not both"},
		{walkme.Auth{Token: "s3cret"}, `!starts with "Basic " or "Bearer "`},
		{walkme.Auth{Token: "Basic okta:s3cret"}, "!base64 of username:password"},
		{walkme.Auth{Token: "Basic czNjcmV0"}, "!base64 of username:password"},
		{walkme.Auth{Token: "Bearer s3cret s3cret"}, "!without blanks"},
		{walkme.Auth{Token: "Bearer s3\ncret"}, "!line break"},
		{walkme.Auth{Token: "Token s3cret"}, "!starts with"},
	} {
		var got string
		c, err := walkme.NewClient(walkme.Config{BaseURL: target, Profile: walkme.OIN, Auth: tt.auth,
			Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
				got = r.Header.Get("Authorization")
				return nil, walkme.ErrNotSent
			})})
		if message, refused := strings.CutPrefix(tt.want, "!"); refused {
			if err == nil || !strings.Contains(err.Error(), message) || strings.Contains(err.Error(), "cret") {
				t.Errorf("NewClient() = %v, want %s", err, message)
			}
			continue
		}
		if err != nil {
			t.Errorf("NewClient() = %v, want %s", err, tt.want)
			continue
		}
		_ = c.TestCredentials(t.Context(), false)
		if got != tt.want {
			t.Errorf("Authorization: %s, want %s", got, tt.want)
		}
	}
}

func TestAuthDoesNotPrint(t *testing.T) {
	cfg := walkme.Config{Auth: walkme.Auth{Username: "okta", Password: "s3cret", Token: "t0ken"}}
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("config", "auth", cfg.Auth)
	for _, text := range []string{fmt.Sprint(cfg.Auth), fmt.Sprintf("%+v", cfg), fmt.Sprintf("%#v", cfg), log.String()} {
		if strings.Contains(text, "s3cret") || strings.Contains(text, "t0ken") {
			t.Errorf("printed: %s", text)
		}
	}
}

func TestRegions(t *testing.T) {
	for region, want := range map[string]string{
		"us": "https://papi.walkme.com/deepui/api/scim/v2",
		"EU": "https://eu-papi.walkme.com/deepui/api/scim/v2",
		"ca": "https://papi-ca1.walkmedap.com/deepui/api/scim/v2",
	} {
		got, ok := walkme.RegionURL(region)
		if got != want || !ok {
			t.Errorf("RegionURL(%s) = %s, %t, want %s", region, got, ok, want)
		}
	}
	if got, ok := walkme.RegionURL("mars"); ok {
		t.Errorf("RegionURL(mars) = %s, true", got)
	}
}
