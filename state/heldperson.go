package state

import "context"

// HoldsOn returns the ids of the holds that are about a person, or a membership of the
// person: those that wait, then those of decisions in force, in their order.
func (db *DB) HoldsOn(ctx context.Context, sourceID string) ([]string, error) {
	return list(ctx, db, "read holds on a person", scanText, `SELECT id FROM (
			SELECT 0 AS rank, seq, id FROM holds WHERE closed_at IS NULL AND instr(items, ?1) > 0 AND EXISTS (
				SELECT 1 FROM json_each(items) WHERE ?1 IN (value ->> '$.okta_id', value ->> '$.member_id'))
			UNION ALL
			SELECT 1, seq, hold_id FROM decisions AS d WHERE ended_at IS NULL AND EXISTS (
				SELECT 1 FROM decided_items WHERE decision = d.seq AND ended_at IS NULL AND instr(item, ?1) > 0
				AND ?1 IN (detail ->> '$.okta_id', detail ->> '$.member_id'))
		) ORDER BY rank, seq`, sourceID)
}
