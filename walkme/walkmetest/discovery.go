package walkmetest

import "net/http"

func (ex *exchange) serveDiscovery() answer {
	if ex.q.NoDiscovery || ex.rec.Method != http.MethodGet {
		return ex.notFound()
	}
	return ex.notFound()
}
