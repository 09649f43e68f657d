package main

import (
	"fmt"
	"net/http"
)

const wrongAddress = "check walkme.region, or walkme.base_url: it is the part before /Users"

var valueRefused = diagnosis{"WalkMe refuses a value, often a missing mandatory field such as e-mail or user name",
	"fill the field in the Okta profile, or correct its expression under mappings"}

// diagnoseStatus is for answers of WalkMe of which no more is known than their status
// (RFC 9110, section 15): most come from a proxy, gateway or firewall before it.
func diagnoseStatus(status int) (diagnosis, bool) {
	switch status {
	case http.StatusUnprocessableEntity:
		return valueRefused, true
	case http.StatusGone:
		return diagnosis{"WalkMe says that what was asked for is gone for good", wrongAddress}, true
	case http.StatusNotAcceptable, http.StatusUnsupportedMediaType:
		return diagnosis{fmt.Sprintf("WalkMe, or a gateway before it, does not take the media type of these requests (%d)", status),
			"set walkme.wire_profile to the other of oin and aiw, or let the gateway pass application/scim+json"}, true
	case http.StatusRequestEntityTooLarge, http.StatusRequestURITooLong, http.StatusRequestHeaderFieldsTooLarge:
		return diagnosis{fmt.Sprintf("the request is longer than WalkMe, or a proxy before it, takes (%d)", status),
			"raise the limit of the proxy; or shorten the values that the mappings make"}, true
	}
	switch {
	case status >= 300 && status < 400:
		return diagnosis{fmt.Sprintf("the address leads elsewhere (%d), where the agent does not follow: it would show the credentials there", status),
			"write the address to which it leads under walkme.base_url"}, true
	case status >= 500:
		return diagnosis{fmt.Sprintf("WalkMe, or a gateway before it, has an error of its own (%d)", status),
			"try again later; if it stays so, ask WalkMe's support"}, true
	case status >= 400:
		return diagnosis{fmt.Sprintf("WalkMe, or a proxy or firewall before it, refuses the request (%d) for a reason that SCIM does not know", status),
			"record it with --trace FILE; show it to who runs the proxy, or to WalkMe's support"}, true
	}
	return diagnosis{}, false
}
