# An upgrade from the older release with its state, as .deb and as .rpm; what a downgrade
# says; and the .rpm removed. guest.sh reads this in, with the program as bench.
DB=/var/lib/$S/state.db
sent() { grep -cE '^(POST|PUT|PATCH|DELETE) /' $told || true; }
sent_are() { [ "$(sent)" = "$1" ]; }
# all_sent: as sent, when a second has brought no further one.
all_sent() {
	local n=-1
	until sent_are $n; do
		n=$(sent)
		sleep 1
	done
	echo "$n"
}
holds() { $S holds list --format json; }

# older_state PACKAGE-COMMAND…: the older release is installed and leaves a state with
# people, a group and a hold.
older_state() {
	"$@"
	rm -rf $ETC/agent.yaml
	$S init --write-secrets --live "${given[@]}" <<<"$answers"
	sed -i '/^  deactivations:/,/percent:/s/\(count\|percent\):.*/\1: 0/; s/^schedule:.*/schedule: "@every 2s"/' $ETC/agent.yaml
	systemctl start $S
	within 20 status_is 'last run: done'
	echo 'leave bob@example.com' >/run/bench
	within 20 status_is 'last run: held'
	$S status
	$S status | grep -c '4 users, 1 group'
}

# is_upgraded: the new release runs, has migrated the state and sends nothing for it.
is_upgraded() {
	systemctl is-active $S
	within 10 bash -c "journalctl -o cat --no-pager _SYSTEMD_INVOCATION_ID=$(prop InvocationID) | grep 'started.*v1.0.0'"
	[ -e $DB.v1.bak ] || die 'no backup was made before the state was migrated'
	within 20 test -e $DB.marker
	within 20 status_is 'last run: held'
	$S status
	$S status | grep -c '4 users, 1 group'
	! $S status | grep 'in doubt' || die 'the older state is doubted'
	sent_are "$1" || die "the upgrade sent $(($(sent) - $1)) requests"
}

# --- .deb: the configuration that is there stays
demo_starts bench
older_state dpkg -i /results/0.9.0.deb
writes=$(all_sent)
dpkg -i /results/1.0.0.deb <<<N
is_upgraded "$writes"
ok 'upgrade from the older release: its state is migrated, nothing is sent twice, its hold waits'

# --- approved by somebody who is not root, as docs/operate.md says
install -m 0440 /results/sudoers /etc/sudoers.d/$S
visudo -c >/dev/null
groupadd walkme-approvers
useradd -G walkme-approvers zoe
hold=$(holds | sed -n 's/^ *"id": "\(.*\)",/\1/p' | head -1)
as_zoe() { runuser -u zoe -- sudo -n "$@"; }
! as_zoe $S sync || die 'who approves may send'
! as_zoe $S --config /tmp/other.yaml holds approve "$hold" || die 'who approves may name another configuration'
! as_zoe $S holds approve "$hold" --reason=x --trace=/tmp/trace || die 'who approves may write files'
! runuser -u zoe -- $S holds approve "$hold" || die 'approved without sudo'
as_zoe $S holds approve "$hold" --reason="closing of the Bern office"
within 20 status_is 'last run: done'
$S history | grep -c 'approved by zoe .*closing of the Bern office'
within 10 sent_are $((writes + 1))
ok 'sudo: who approves does that, on record under their name, and nothing else'

# --- back to the older release, and up again
dpkg -i /results/0.9.0.deb <<<N
! systemctl is-active $S || die 'the older release runs on the newer state'
within 10 bash -c "journalctl -u $S -o cat --no-pager | grep 'schema version [0-9]*, this build knows .* the backup that it made'"
systemctl stop $S
mv $DB.v1.bak $DB
systemctl start $S
within 20 status_is 'last run: held'
sent_are $((writes + 1)) || die 'the older release with the backup sent something'
dpkg -i /results/1.0.0.deb <<<N
within 20 test -e $DB.v1.bak
within 20 bash -c "$S status | grep -q '^State *in doubt'"
$S status
ok 'downgrade: the older release refuses the newer state, and takes the backup'

# --- .rpm
dpkg -P $S
rm -f /etc/sudoers.d/$S
systemctl stop demo
demo_starts bench
older_state rpm -i --nodeps /results/0.9.0.rpm
[ "$(systemctl is-enabled $S || true)" = disabled ]
writes=$(all_sent)
rpm -U --nodeps /results/1.0.0.rpm
is_upgraded "$writes"
systemctl enable -q $S
rpm -e $S
[ "$(systemctl is-active $S || true)" = inactive ] && [ ! -e /usr/bin/$S ]
[ ! -L /etc/systemd/system/multi-user.target.wants/$S.service ] || die 'still enabled after the removal'
[ -e $DB ] && [ -e $ETC/agent.yaml.rpmsave ] && [ -e $ETC/walkme-password ]
ok 'rpm: installed, upgraded with its state, removed; configuration, secrets and state are kept'
