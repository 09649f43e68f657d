#!/bin/sh
# deb: remove, or upgrade; rpm: the number of versions that remain.
set -e
case "$1" in
remove | 0) ;;
*) exit 0 ;;
esac
[ -d /run/systemd/system ] || exit 0
systemctl stop 'okta-walkme-agent.service' 'okta-walkme-agent@*.service' || true
for link in /etc/systemd/system/*.wants/okta-walkme-agent.service /etc/systemd/system/*.wants/okta-walkme-agent@*.service; do
	if [ -L "$link" ]; then
		systemctl --quiet disable "${link##*/}" || true
	fi
done
