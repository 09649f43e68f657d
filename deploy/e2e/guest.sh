#!/bin/bash
# The life of the package on a booted machine, against the demo's org and tenant. It
# leaves "0" in /results/rc when everything held.
exec >/results/log 2>&1
set -euo pipefail
S=okta-walkme-agent
ETC=/etc/$S
told=/run/demo.log # what the demo tells, a line a request
finish() {
	code=$?
	set +e
	if [ $code != 0 ]; then
		echo "FAILED with $code"
		systemctl status --no-pager $S demo
		journalctl --no-pager -o short-monotonic -u $S | tail -n 60
		tail -n 40 $told
	fi
	echo $code >/results/rc
	sync
	systemctl poweroff --force
}
trap finish EXIT
trap 'echo "line $LINENO: $BASH_COMMAND"' ERR

ok() { echo "ok $*"; }
die() { echo "not ok: $*"; exit 1; }
# within SECONDS COMMAND…: repeats the command until it succeeds.
within() {
	local until=$((SECONDS + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $until ] || die "in time: $*"
		sleep 0.2
	done
}
status_is() { [[ $(systemctl show -P StatusText $S) == *"$1"* ]]; }
prop() { systemctl show -P "$1" $S; }
# demo_starts PROGRAM: an org and a tenant; lines for it go to /run/bench. What it tells goes
# into a file: the journal has lines some time after they were written.
demo_starts() {
	rm -rf /tmp/okta-walkme-demo-* /run/bench
	mkfifo /run/bench
	systemd-run -q --unit=demo -p StandardOutput=truncate:$told bash -c "exec $1 demo --serve <>/run/bench"
	within 10 bash -c 'ls /tmp/okta-walkme-demo-*/walkme-password /tmp/okta-walkme-demo-*/agent.yaml'
	sleep 0.5
	demo=$(echo /tmp/okta-walkme-demo-*)
	answers="$(cat "$demo/okta-api-token")
$(cat "$demo/walkme-username")
$(cat "$demo/walkme-password")"
	given=(--okta-org "$(value org_url)" --okta-app "$(value app_id)" --base-url "$(value base_url)" --group 'WalkMe Editors')
}
value() { sed -n "s/^  $1: //p" "$demo/agent.yaml" | head -1; }
posted() { grep -c "^POST /$1 → 201" $told || true; } # Users or Groups
made_are() { [ "$(posted Users) $(posted Groups)" = "$*" ]; } # accounts and groups
http() { # PORT METHOD PATH [HEADER]: an answer of a listener of the service
	exec 3<>"/dev/tcp/127.0.0.1/$1"
	printf '%s %s HTTP/1.0\r\nHost: 127.0.0.1:%s\r\n%s\r\n' "$2" "$3" "$1" "${4:+$4$'\r\n'}" >&3
	cat <&3
	exec 3>&-
}
get() { http 8787 GET "$1"; }
ready_is() { get /readyz | grep -c "\"ready\":$1"; }
# readme WORD ARGUMENT…: plays the line of the README's Install that holds the word, with
# further arguments.
readme() {
	local line
	line=$(grep -w -- "$1" /results/install.sh)
	shift
	line=${line%%#*}
	eval "${line#sudo } \"\$@\""
}
set_yaml() { sed -i "s|^\( *\)$1:.*|\1$1: $2|" $ETC/agent.yaml; }

# --- install
cd "$(mktemp -d)"
mkdir dist
cp /results/1.0.0.deb dist/${S}_1.0.0_amd64.deb
readme dpkg
rm -r dist
[ "$(systemctl is-enabled $S || true)" = disabled ] && [ "$(systemctl is-active $S || true)" = inactive ]
ok 'install: neither enabled nor started'

# --- an org and a tenant, and the first configuration
demo_starts $S
readme init "${given[@]}" <<<"$answers"
[ "$(stat -c '%a %U' $ETC/walkme-password)" = '600 root' ] && [ "$(stat -c %a $ETC/agent.yaml)" = 644 ]
ok 'init: configuration, secrets, check'
CREDENTIALS_DIRECTORY=$ETC $S plan
printf 'http:\n  listen: "127.0.0.1:8787"\nconsole:\n  listen: "127.0.0.1:8788"\n' >>$ETC/agent.yaml
[ ! -e /var/lib/$S ]
ok 'plan by hand: nothing written'

# --- start, as a dry run
readme systemctl
systemctl is-active $S
within 20 status_is 'last run: planned'
[ "$(prop Result)" = success ] && [ "$(posted Users)" = 0 ]
get /readyz
systemctl status --no-pager $S
ready_is true && get /healthz | grep -c '^ok' && get /metrics | grep -c 'okta_walkme_agent_runs_total{outcome="planned"} [1-9]'
ok 'start: READY, STATUS, a dry run, /healthz, /readyz, /metrics'

# --- reload, bad and good
set_yaml schedule '"every now and then"'
! $S reload || die 'a bad configuration was reloaded'
! systemctl reload $S || die 'a bad configuration was reloaded'
systemctl is-active $S
within 10 bash -c "journalctl -u $S -o cat --no-pager | grep 'configuration refused, the old one stays'"
set_yaml schedule '"@every 2s"'
set_yaml dry_run false
sed -i 's/^walkme:/&\n  requests_per_second: 1/' $ETC/agent.yaml
systemctl reload $S
ok 'reload: the bad one is refused, the good one ends the dry run'

# --- the group that looks
useradd ada
! runuser -u ada -- $S status || die 'somebody looks without the group'
usermod -a -G okta-walkme-viewers ada
runuser -u ada -- $S status | grep -q '^Managed ' || die 'the group does not see the status'
runuser -u ada -- $S holds list >/dev/null
! runuser -u ada -- cat /var/lib/$S/state.db >/dev/null || die 'the group reads the state'
! runuser -u ada -- $S reload || die 'the group reloads'
! runuser -u ada -- $S sync || die 'the group sends'
! runuser -u ada -- $S holds approve deactivations-00000000 || die 'the group decides'
link=$(runuser -u ada -- $S console --view-only)
cookie=$(http 8788 GET "/${link#http://*/}" | sed -n 's/^[Ss]et-[Cc]ookie: \([^;]*\).*/Cookie: \1/p')
http 8788 GET / "$cookie" | grep -c '^HTTP/1.[01] 200 '
http 8788 GET / | grep -c '^HTTP/1.[01] 401 '
http 8788 POST /sync "$cookie" | grep -c '^HTTP/1.[01] 403 ' || die 'the link of the group decides'
ok 'members of okta-walkme-viewers look, in the console too, and do nothing else'

# --- SIGTERM in mid-run, and the rest after the next start
within 20 grep '^POST /Users → 201' $told
status_is 'run since' || die 'the run was too fast to be interrupted'
systemctl stop $S
[ "$(prop Result)" = success ]
within 10 bash -c "journalctl -u $S -o cat --no-pager | grep 'stopped after .*not tried'"
[ "$(posted Groups)" = 0 ] || die 'the run was too fast to be interrupted'
[ "$(stat -L -c %a /var/lib/$S)" = 700 ] && [ "$(stat -L -c %a /var/lib/$S/state.db)" = 600 ]
set_yaml requests_per_second 0
systemctl start $S
within 30 status_is 'last run: done'
within 10 made_are 3 1
ok 'SIGTERM in mid-run: what is under way finishes, Result=success; the next start does the rest, nothing twice'

# --- the watchdog. A quick machine starts the service here more often than systemd bears.
mkdir -p /etc/systemd/system/$S.service.d
printf '[Unit]\nStartLimitIntervalSec=0\n[Service]\nWatchdogSec=4\nRestartSec=1\n' >/etc/systemd/system/$S.service.d/test.conf
systemctl daemon-reload
systemctl restart $S
systemctl kill --signal=STOP $S
within 30 bash -c "journalctl -u $S -o cat --no-pager | grep \"Failed with result 'watchdog'\""
within 30 bash -c "[ \"\$(systemctl show -P NRestarts $S)\" != 0 ]"
within 20 status_is 'last run: done'
ok 'watchdog: a process that hangs is killed and started again'

# --- what does not mend itself is not started again
cp $ETC/agent.yaml /tmp/good.yaml
set_yaml schedule '"every now and then"'
! systemctl restart $S || die 'a bad configuration started'
sleep 2
[ "$(prop ExecMainStatus)" = 78 ] && [ "$(prop NRestarts)" = 0 ] && [ "$(prop ActiveState)" = failed ]
cp /tmp/good.yaml $ETC/agent.yaml
mv $ETC/walkme-password /tmp/
! systemctl restart $S || die 'started without a secret'
sleep 2
[ "$(prop ExecMainStatus)" = 243 ] && [ "$(prop NRestarts)" = 0 ] && [ "$(prop ActiveState)" = failed ]
mv /tmp/walkme-password $ETC/
systemctl start $S
ok 'exit 78 and 243: no restart'

# --- by hand beside the service, and as root on its state
within 20 status_is 'last run: done'
CREDENTIALS_DIRECTORY=$ETC $S sync
systemctl stop $S
CREDENTIALS_DIRECTORY=$ETC $S sync
systemctl start $S
within 20 status_is 'last run: done'
$S status
$S status | grep -c '4 users, 1 group$'
$S status --max-age 1h
ok 'sync by hand, beside the service and without it'

# --- another machine: configuration, secrets and state.db are all there is
systemctl stop $S
cp /var/lib/$S/state.db /tmp/
rm -r /var/lib/$S /var/lib/private/$S
install -D -m 0600 /tmp/state.db /var/lib/$S/state.db
systemctl start $S
within 20 status_is 'last run: done'
CREDENTIALS_DIRECTORY=$ETC $S plan --detailed-exitcode
made_are 3 1 || die 'accounts were made anew on the other machine'
ok 'another machine: the copied state is taken over'

# --- a second integration
$S --config $ETC/staging/agent.yaml init --write-secrets "${given[@]}" --instance staging <<<"$answers"
systemctl start $S@staging
S=$S@staging within 20 status_is 'last run: planned'
systemctl is-active $S@staging
ok 'a second instance beside the first'

# --- remove keeps, purge does not
cp /usr/bin/$S /usr/local/bin/bench
dpkg -r $S
[ "$(systemctl is-active $S || true)" = inactive ] && [ ! -e /usr/bin/$S ]
[ -e /var/lib/$S/state.db ] && [ -e $ETC/agent.yaml ] && [ -e $ETC/walkme-password ]
systemctl stop demo
dpkg -P $S
left=$(find / -xdev \( -path /proc -o -path /sys -o -path /results -o -path /run/systemd -o -path /var/log \) -prune -o -name "*$S*" -print)
[ -z "$left" ] || die "left after the purge: $left"
ok 'remove keeps configuration and state; purge leaves nothing'

# --- from the older release
if [ -e /results/upgrade.sh ]; then
	. /results/upgrade.sh
fi
