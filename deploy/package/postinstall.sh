#!/bin/sh
# deb: configure [OLD VERSION]; rpm: the number of versions that are there then.
# A service that runs is started again, which migrates its state; none is enabled: the
# configuration has to be written first.
set -e
case "$1" in
configure) upgrade=$2 ;;
1) upgrade= ;;
[2-9]*) upgrade=yes ;;
*) exit 0 ;;
esac
# Who is in it may look at what the service does, see docs/operate.md. Nobody is.
getent group okta-walkme-viewers >/dev/null || groupadd --system okta-walkme-viewers
[ -d /run/systemd/system ] || exit 0
systemctl daemon-reload
if [ -n "$upgrade" ]; then
	# A start that fails is the service's to report, not a reason to leave the package
	# half configured.
	systemctl try-restart 'okta-walkme-agent.service' 'okta-walkme-agent@*.service' || true
fi
