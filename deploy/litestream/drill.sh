#!/usr/bin/env bash
# The day on which the machine is lost, played on this one: an org, a tenant, the agent
# and Litestream run; in the middle of the first sync agent and Litestream are killed
# and the folder of the state is deleted; the replica is restored; the next syncs have
# to end with every person there once. Before and after that the agent opens and
# closes its state under Litestream's eyes.
#
#   KEEP         leave everything that was written, to look at
#   LITESTREAM   the program; else it is built, pinned in tools/litestream/go.mod
#   AGENT        the agent's program; else it is built
set -euo pipefail
cd "$(dirname "$0")/../.."

out=$(mktemp -d)
pids=()
cleanup() {
	for pid in "${pids[@]}"; do kill -9 "$pid" 2>/dev/null || true; done
	if [ -z "${KEEP:-}" ]; then rm -rf "$out"; else echo "left: $out"; fi
}
trap cleanup EXIT
litestream=${LITESTREAM:-$out/litestream}
[ -n "${LITESTREAM:-}" ] || go build -C tools/litestream -o "$litestream" github.com/benbjohnson/litestream/cmd/litestream
agent=${AGENT:-$out/agent}
[ -n "${AGENT:-}" ] || go build -o "$agent" ./cmd/okta-walkme-agent

fail() { echo "FAILED: $1"; tail -n 20 "$out"/*.log; exit 1; }

# eventually COMMAND…: within 20 seconds.
eventually() {
	for _ in $(seq 200); do "$@" && return; sleep 0.1; done
	fail "not within 20 seconds: $*"
}

# An org with 64 people and their tenant, which shows each request.
mkfifo "$out/lines"
"$agent" demo --serve <"$out/lines" >"$out/demo.log" 2>&1 &
pids+=($!)
exec 3>"$out/lines"
eventually grep -q 'OKTA_WALKME_AGENT_CONFIG=' "$out/demo.log"
config=$(sed -n 's/.*OKTA_WALKME_AGENT_CONFIG=//p' "$out/demo.log")
for n in $(seq 60); do echo "hire person$n@example.com Person Number$n" >&3; done
eventually eval '[ "$(grep -c "done; the next sync sees it" "$out/demo.log")" = 60 ]'

# Its configuration, with the state in a folder that can be lost, and slow enough to be
# met in the middle.
mkdir "$out/machine" "$out/replica"
demo=$(dirname "$config")
sed "s|requests_per_second: 0|requests_per_second: 25|; s|^state:.*|state:|; s|^  path: .*state.db.*||" "$config" | grep -v '^state:' >"$demo/drill.yaml"
printf 'state: {path: %s}\n' "$out/machine/state.db" >>"$demo/drill.yaml"
sed "s|$out/machine/state.db|$out/copy.db|" "$demo/drill.yaml" >"$demo/copy.yaml"
cat >"$out/litestream.yml" <<YAML
dbs:
  - path: $out/machine/state.db
    replica: {url: file://$out/replica}
YAML
run() { "$agent" --config "$demo/drill.yaml" "$@"; }
replicate() {
	"$litestream" replicate -config "$out/litestream.yml" >>"$out/litestream.log" 2>&1 &
	replicating=$!
	pids+=("$replicating")
}

# replicated: a state that is restored from the replica says the same as the one in use.
# Litestream looks once a second; what it has not seen is lost with the machine.
replicated() {
	rm -f "$out"/copy.db*
	"$litestream" restore -config "$out/litestream.yml" -o "$out/copy.db" "$out/machine/state.db" >>"$out/litestream.log" 2>&1 || return 1
	cp "$out/machine/state.db.marker" "$out/copy.db.marker"
	"$agent" state check "$out/copy.db" >/dev/null || fail 'the replica is damaged'
	"$agent" --config "$demo/copy.yaml" plan --detailed-exitcode >"$out/plan.log" 2>&1
}
created() { grep -c 'POST /Users → 201' "$out/demo.log" || true; }

replicate
"$agent" --config "$demo/drill.yaml" sync >"$out/sync.log" 2>&1 &
syncing=$!
pids+=("$syncing")
eventually eval '[ "$(created)" -ge 20 ]'
kill -9 "$syncing" "$replicating"
wait "$syncing" "$replicating" 2>/dev/null || true
rm -rf "$out/machine"
echo "ok: the machine is lost after $(created) of 63 accounts were made"
[ "$(created)" -lt 60 ] || fail 'the sync was too quick to be met'

mkdir "$out/machine"
"$litestream" restore -config "$out/litestream.yml" "$out/machine/state.db" >>"$out/litestream.log" 2>&1 || fail 'the replica cannot be restored'
run state check "$out/machine/state.db" >/dev/null || fail 'the restored state is damaged'
echo 'ok: the replica is whole'
replicate
run sync >"$out/sync.log" 2>&1 || fail "the sync after it ended with $?"
run plan --detailed-exitcode >"$out/plan.log" 2>&1 || fail "the plan after it ended with $?"
eventually eval '[ "$(created)" = 63 ]'
echo 'ok: everybody is there once'

eventually replicated

# A second loss: the first sync after the restore holds what it would take away, once.
kill "$replicating"
wait "$replicating" || true
rm -rf "$out/machine"
mkdir "$out/machine"
"$litestream" restore -config "$out/litestream.yml" "$out/machine/state.db" >>"$out/litestream.log" 2>&1 || fail 'the replica cannot be restored again'
replicate
deactivated() { grep -c 'PATCH /Users/.*→ 200\|PUT /Users/.*→ 200' "$out/demo.log" || true; }
before=$(deactivated)
echo "leave person60@example.com" >&3
eventually eval '[ "$(grep -c "done; the next sync sees it" "$out/demo.log")" = 61 ]'
code=0
run sync >"$out/sync.log" 2>&1 || code=$?
[ "$code" = 4 ] || fail "the sync after the second loss ended with $code, not 4"
[ "$(deactivated)" = "$before" ] || fail 'somebody was taken away after the restore'
run status >"$out/status.log" 2>&1 || fail 'status failed'
grep -q 'restored from a copy' "$out/status.log" || fail 'status does not say why'
for hold in $(run holds list | grep -o 'deactivations-[0-9a-f]*\|member_removals-[0-9a-f]*' | sort -u); do
	run sync --approve "$hold" >"$out/sync.log" 2>&1 || [ "$?" = 4 ] || fail "the approval of $hold failed"
done
run sync >"$out/sync.log" 2>&1 || fail "the sync after the approvals ended with $?"
run plan --detailed-exitcode >"$out/plan.log" 2>&1 || fail "the plan after the approvals ended with $?"
eventually eval '[ "$(deactivated)" -gt "$before" ]'
echo 'ok: removals were held once after the restore'

for n in 1 2 3 4 5; do
	echo "leave person$n@example.com" >&3
	eventually eval '[ "$(grep -c "done; the next sync sees it" "$out/demo.log")" = $((61 + n)) ]'
	run sync >"$out/sync.log" 2>&1 || fail "sync $n ended with $?"
done
run state check "$out/machine/state.db" >/dev/null || fail 'the state is damaged'
eventually replicated
echo 'ok: state and replica agree after the state was opened and closed by every run'
