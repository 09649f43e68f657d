package plan

import "strings"

// graceKey is the configuration key of how long a deactivation waits.
const graceKey = "limits.grace"

// heldBy fills in why n removals are held: for doubt about the state each of them, else
// when they exceed a limit.
func (p *Plan) heldBy(h *Hold, n int, exceeded string) {
	h.Reason = exceeded
	if doubt := p.Health.DoubtState; doubt != "" && n > 0 {
		h.Reason, h.doubted, h.ofState = strings.TrimSuffix(doubt+"; "+exceeded, "; "), true, true
	}
}

// settleStateDoubt drops the doubt about the state when no removal waits for it: none is
// held, and none waits until it will be.
func (p *Plan) settleStateDoubt() {
	for _, h := range p.Holds {
		if h.Kind != HoldLikelySlip {
			return
		}
	}
	for _, c := range p.Changes {
		if c.Action == Deactivate && c.Decision == 0 && c.Block.Is(BlockWaiting) && c.Block.Detail == graceKey {
			return
		}
	}
	p.Health.DoubtState = ""
}
