// The Go library github.com/elimity-com/scim with a handler as its own examples write
// one: attributes in a map, each operation of a PATCH written under its path.
package main

import (
	"fmt"
	"log"
	"maps"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/elimity-com/scim"
	"github.com/elimity-com/scim/errors"
	"github.com/elimity-com/scim/optional"
	"github.com/elimity-com/scim/schema"
)

type record struct {
	attributes        scim.ResourceAttributes
	created, modified time.Time
}

type handler struct {
	name string // the attribute that is unique

	mu    sync.Mutex
	order []string
	all   map[string]record
}

func (h *handler) resource(id string) scim.Resource {
	r := h.all[id]
	external, _ := r.attributes["externalId"].(string)
	out := scim.Resource{ID: id, Attributes: r.attributes, Meta: scim.Meta{Created: &r.created, LastModified: &r.modified}}
	if external != "" {
		out.ExternalID = optional.NewString(external)
	}
	return out
}

func (h *handler) taken(id string, attributes scim.ResourceAttributes) bool {
	name, _ := attributes[h.name].(string)
	return slices.ContainsFunc(h.order, func(other string) bool {
		have, _ := h.all[other].attributes[h.name].(string)
		return other != id && strings.EqualFold(have, name)
	})
}

func (h *handler) Create(_ *http.Request, attributes scim.ResourceAttributes) (scim.Resource, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.taken("", attributes) {
		return scim.Resource{}, errors.ScimErrorUniqueness
	}
	id := fmt.Sprintf("%s%05d", h.name[:1], len(h.order)+1)
	h.order = append(h.order, id)
	h.all[id] = record{attributes, time.Now(), time.Now()}
	return h.resource(id), nil
}

func (h *handler) Get(_ *http.Request, id string) (scim.Resource, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, ok := h.all[id]; !ok {
		return scim.Resource{}, errors.ScimErrorResourceNotFound(id)
	}
	return h.resource(id), nil
}

func (h *handler) GetAll(_ *http.Request, params scim.ListRequestParams) (scim.Page, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	hits := []scim.Resource{}
	for _, id := range h.order {
		if _, ok := h.all[id]; !ok {
			continue
		}
		seen := maps.Clone(h.all[id].attributes)
		seen["id"] = id
		if params.FilterValidator == nil || params.FilterValidator.PassesFilter(seen) == nil {
			hits = append(hits, h.resource(id))
		}
	}
	from := min(max(params.StartIndex, 1)-1, len(hits))
	to := min(from+max(params.Count, 0), len(hits))
	return scim.Page{TotalResults: len(hits), Resources: hits[from:to]}, nil
}

func (h *handler) Replace(_ *http.Request, id string, attributes scim.ResourceAttributes) (scim.Resource, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	old, ok := h.all[id]
	if !ok {
		return scim.Resource{}, errors.ScimErrorResourceNotFound(id)
	}
	if h.taken(id, attributes) {
		return scim.Resource{}, errors.ScimErrorUniqueness
	}
	h.all[id] = record{attributes, old.created, time.Now()}
	return h.resource(id), nil
}

func (h *handler) Delete(_ *http.Request, id string) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, ok := h.all[id]; !ok {
		return errors.ScimErrorResourceNotFound(id)
	}
	delete(h.all, id)
	return nil
}

func (h *handler) Patch(_ *http.Request, id string, operations []scim.PatchOperation) (scim.Resource, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	old, ok := h.all[id]
	if !ok {
		return scim.Resource{}, errors.ScimErrorResourceNotFound(id)
	}
	attributes := maps.Clone(old.attributes)
	for _, op := range operations {
		switch {
		case op.Op == scim.PatchOperationRemove:
			delete(attributes, op.Path.String())
		case op.Path != nil:
			attributes[op.Path.String()] = op.Value
		default:
			values, _ := op.Value.(map[string]interface{})
			maps.Copy(attributes, values)
		}
	}
	h.all[id] = record{attributes, old.created, time.Now()}
	return h.resource(id), nil
}

func main() {
	port, token := os.Args[1], os.Args[2]
	base := "http://127.0.0.1:" + port + "/scim/v2"
	users := &handler{name: "userName", all: map[string]record{}}
	groups := &handler{name: "displayName", all: map[string]record{}}
	server, err := scim.NewServer(&scim.ServerArgs{
		ServiceProviderConfig: &scim.ServiceProviderConfig{SupportPatch: true, SupportFiltering: true, MaxResults: 1000},
		ResourceTypes: []scim.ResourceType{
			{ID: optional.NewString("User"), Name: "User", Endpoint: "/Users", Schema: schema.CoreUserSchema(), Handler: users},
			{ID: optional.NewString("Group"), Name: "Group", Endpoint: "/Groups", Schema: schema.CoreGroupSchema(), Handler: groups},
		},
	}, scim.WithBaseURL(base))
	if err != nil {
		log.Fatal(err)
	}
	checked := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer "+token {
			w.Header().Set("Content-Type", "application/scim+json")
			w.WriteHeader(http.StatusUnauthorized)
			fmt.Fprint(w, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"detail":"The token is wrong.","status":"401"}`)
			return
		}
		server.ServeHTTP(w, r)
	})
	listener, err := net.Listen("tcp", "127.0.0.1:"+port)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(base)
	log.Fatal(http.Serve(listener, http.StripPrefix("/scim/v2", checked)))
}
