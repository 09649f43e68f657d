package main

import (
	"context"
	"fmt"
	"time"
)

// watch prints each request that the tenant answers, until the context ends.
func (d *demo) watch(ctx context.Context) {
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	seen := 0
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		for _, r := range d.tenant.Requests() {
			if r.Seq <= seen || r.Status == 0 {
				continue
			}
			seen = r.Seq
			line := r.Method + " " + r.Path
			if r.RawQuery != "" {
				line += "?" + r.RawQuery
			}
			fmt.Fprintf(d.stdout, "%s → %d\n", line, r.Status)
			if len(r.Body) > 0 {
				fmt.Fprintf(d.stdout, "  %s\n", hidePassword(string(r.Body)))
			}
		}
	}
}
