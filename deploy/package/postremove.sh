#!/bin/sh
# deb: remove, purge, upgrade …; rpm: the number of versions that remain. A removal
# keeps configuration, secrets and state; a purge leaves nothing.
set -e
if [ -d /run/systemd/system ]; then
	systemctl daemon-reload || true
fi
[ "$1" = purge ] || exit 0
rm -rf /etc/okta-walkme-agent \
	/etc/systemd/system/okta-walkme-agent.service.d /etc/systemd/system/okta-walkme-agent@*.service.d \
	/var/lib/okta-walkme-agent /var/lib/okta-walkme-agent-* \
	/var/lib/private/okta-walkme-agent /var/lib/private/okta-walkme-agent-*
