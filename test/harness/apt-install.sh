# Installs Debian packages without removing any, without asking, and without starting the servers in them.
# usage: apt-install.sh PACKAGE...
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap 'rm -f "$policy"' EXIT
  trap 'exit 130' INT TERM HUP
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod +x "$policy"
fi
export DEBIAN_FRONTEND=noninteractive
apt-get -qq -o DPkg::Lock::Timeout=300 update || echo 'apt-get update failed: trying with the lists at hand'
apt-get -qq -o DPkg::Lock::Timeout=300 install --yes --no-install-recommends --no-remove "$@"
