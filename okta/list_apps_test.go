package okta_test

import (
	"testing"

	"okta-walkme-agent/okta"
	"okta-walkme-agent/okta/oktatest"
)

// TestListApps knows an app by its label before anything is configured.
func TestListApps(t *testing.T) {
	org := oktatest.Start(oktatest.Options{AppLabel: "WalkMe"})
	t.Cleanup(org.Close)
	apps, err := okta.ListApps(t.Context(), okta.Config{OrgURL: org.URL(), APIToken: org.Token()})
	if err != nil || len(apps) != 1 || apps[0].Label != "WalkMe" || apps[0].ID != org.AppID() {
		t.Errorf("ListApps = %v, %v", apps, err)
	}
	if _, err := okta.ListApps(t.Context(), okta.Config{OrgURL: org.URL(), APIToken: "00none"}); err == nil {
		t.Error("a wrong token lists apps")
	}
}
