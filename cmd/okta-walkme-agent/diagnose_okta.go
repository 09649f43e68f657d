package main

import (
	"errors"
	"fmt"
	"net/http"

	"okta-walkme-agent/okta"
)

// diagnoseOkta goes from what says most to what says least.
func diagnoseOkta(err error) (diagnosis, bool) {
	for _, look := range []func(error) (diagnosis, bool){diagnoseOktaAnswer, diagnoseOktaSignIn, diagnoseOktaApp} {
		if d, ok := look(err); ok {
			return d, true
		}
	}
	return diagnosis{}, false
}

// diagnoseOktaAnswer is about answers that say nothing of the credentials.
func diagnoseOktaAnswer(err error) (diagnosis, bool) {
	var answer *okta.APIError
	switch {
	case errors.As(err, &answer) && answer.Status == http.StatusTooManyRequests:
		return diagnosis{"the org's rate limit is used up, and stays so",
			"see in the Okta Admin Console, Reports, Rate Limits, who uses it; the next run tries again"}, true
	case errors.As(err, &answer) && answer.Status >= http.StatusInternalServerError:
		return diagnosis{"Okta is down or overloaded, or a gateway on the way is",
			"look at status.okta.com and at the proxy; the next run tries again"}, true
	case errors.As(err, &answer) && answer.Status/100 == 3:
		return diagnosis{fmt.Sprintf("okta.org_url leads elsewhere (%d), where the agent does not follow: it would show the credentials there", answer.Status),
			"write the org's own address, with https; where it leads to a sign-in page, have the host allowed at the proxy"}, true
	case errors.Is(err, okta.ErrForeign):
		return diagnosis{"something else answers in Okta's place: okta.org_url is not the address of an Okta org, or a proxy, a firewall or a sign-in page stands between",
			"compare okta.org_url with the address of the Admin Console, without -admin; open ORG_URL/.well-known/okta-organization from this machine, which must show JSON; have the host allowed at the proxy, or set HTTPS_PROXY"}, true
	case errors.Is(err, okta.ErrTooLong):
		return diagnosis{"Okta's list goes on beyond what can be meant, or something else answers in its place",
			"compare the number of people in the Admin Console; raise okta.max_people if there are so many"}, true
	case errors.Is(err, okta.ErrTimeout):
		return diagnosis{"Okta did not answer in time", "try again; raise okta.timeout if it is always so slow"}, true
	case errors.Is(err, okta.ErrIncomplete):
		return diagnosis{"Okta's answer is not whole, as when a connection or a proxy breaks off, or not what it should be; nobody is taken for gone because of it",
			"try again; if it stays so, look at the proxy between here and Okta"}, true
	}
	return diagnosis{}, false
}

// diagnoseOktaSignIn is about credentials.
func diagnoseOktaSignIn(err error) (diagnosis, bool) {
	var answer *okta.APIError
	code := ""
	if errors.As(err, &answer) {
		code = answer.Code
	}
	switch {
	case errors.Is(err, okta.ErrClock):
		return diagnosis{"what signs a token request is dated, and this machine's clock is not Okta's, so that it seems expired, or not valid yet",
			"set the clock right and keep it so: timedatectl set-ntp true, or chrony; then try again. No new key is needed"}, true
	case code == "invalid_scope":
		return diagnosis{"the credentials are right, but the Okta service app lacks a scope that the agent asks for",
			"in the Okta Admin Console open the service app, Okta API Scopes, and grant okta.apps.read, okta.groups.read and okta.users.read, and okta.logs.read where watch is on"}, true
	case errors.Is(err, okta.ErrDPoP):
		return diagnosis{"the Okta service app demands DPoP proofs, which Okta switches on for new apps, and okta.auth.dpop is never",
			`set okta.auth.dpop: auto; or open the service app in the Okta Admin Console, General, and clear "Require Demonstrating Proof of Possession (DPoP) header in token requests"`}, true
	case errors.Is(err, okta.ErrProof):
		return diagnosis{"the proof names another address than Okta's own, as behind a gateway or with another of the org's domains, or a gateway drops the DPoP header",
			"set okta.org_url to the org's own address; have DPoP, DPoP-Nonce and WWW-Authenticate pass the gateway unchanged"}, true
	case code == "access_denied":
		return diagnosis{"a policy of the org refuses the service app: as a rule its network zone, when this machine's address is not in it",
			"in the Okta Admin Console look at the service app's network restrictions and at the System Log; add this machine's public address to the zone"}, true
	case code == "invalid_client":
		return diagnosis{"the private key does not belong to the client id: it was rotated or removed at the service app, key_id names another one, the app was deactivated, or its network zone does not hold this machine's address",
			"check client_id, and key_id against the KIDs under the service app's General, Public Keys; where the key is not there any more, make a new one and put it in place of private_key; the org URL must be that of the same org"}, true
	case errors.Is(err, okta.ErrUnauthorized):
		return diagnosis{"the API token is wrong, expired (30 days without use) or revoked, its owner was deactivated, or it is bound to a network zone that does not hold this machine's address",
			"see Security, API, Tokens in the Okta Admin Console; make a new token there, or add this machine's public address to the zone; the org URL must be that of the same org"}, true
	case errors.Is(err, okta.ErrForbidden):
		return diagnosis{"the credentials lack a scope or an admin role, or are bound to a network zone that does not hold this machine's address",
			"grant okta.apps.read, okta.groups.read and okta.users.read, and give the service app (or the token's owner) a read-only admin role; look at its network zones when it worked before"}, true
	}
	return diagnosis{}, false
}

// diagnoseOktaApp is about the app.
func diagnoseOktaApp(err error) (diagnosis, bool) {
	switch {
	case errors.Is(err, okta.ErrAppInactive):
		return diagnosis{"Okta takes the assignments made through groups away when an app is deactivated, so its lists say nothing",
			"activate the app in the Okta Admin Console; until then nothing is changed in WalkMe"}, true
	case errors.Is(err, okta.ErrNotFound):
		return diagnosis{"Okta has no such app, or the credentials may not see it",
			"compare okta.app_id with the address of the app's page in the Admin Console (…/instance/0oa…); check the admin role's resource set"}, true
	case errors.Is(err, okta.ErrProvisioningDisabled):
		return diagnosis{"Okta keeps push mappings only for apps with provisioning",
			"name the groups under push_groups.sources by name, id, rule or assigned_groups instead of okta_mappings"}, true
	}
	return diagnosis{}, false
}
