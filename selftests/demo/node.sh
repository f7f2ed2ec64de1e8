#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The compute node of an OpenStack hybrid plug, in a VM:
#
#   vm1 eth0 = tap67c49753-bf -[qbr67c49753-bf]- qvb = qvo --+
#   vm2 eth0 = tapd2e5a8b1-47 -[qbrd2e5a8b1-47]- qvb = qvo --+-- [br-int] -- net
#   vm3 eth0 = tap9a40c7f6-1c -[qbr9a40c7f6-1c]- qvb = qvo --+  Open vSwitch
#
# VMs are network namespaces behind real taps; net is the network node, with a
# DHCP server at 10.1.0.3. vm1 and vm2 are of one tenant and in one security
# group, vm3 is another's.
set -u
cd "$(dirname "$0")/../.." || exit 1
sgctl=tool/sgctl
fails=0 n=0
VM1=67c49753-bf85-4eae-a5a3-faa48fdab983
VM2=d2e5a8b1-4792-4d1c-9b0e-5f3a6c7e8d90
VM3=9a40c7f6-1c3e-4f58-8a6b-7d2e1f0c9b8a
T1=tap${VM1:0:11} T2=tap${VM2:0:11} T3=tap${VM3:0:11}

die()
{
	echo "demo: $*" >&2
	exit 1
}

title()
{
	if [ -n "${NO_COLOR:-}" ]; then
		printf '\n%s\n' "$*"
	else
		printf '\n\033[1m%s\033[0m\n' "$*"
	fi
}

in_vm()
{
	ip netns exec "$@"
}

# counter DEV DIRECTION NAME: packets of a step, or of a [reason]
counter()
{
	$sgctl -j -s port show "$1" | python3 -c '
import json, sys
for c in json.load(sys.stdin)[0]["counters"]:
    name = c.get("step") or c.get("reason") and "[%s]" % c["reason"]
    if (c["direction"], name) == tuple(sys.argv[1:]):
        print(c["packets"])' "$2" "$3"
}

# try WANT TEXT COMMAND: WANT is yes or no
try()
{
	local want=$1 text=$2 got
	shift 2
	n=$((n + 1))
	if "$@" >/tmp/out 2>&1; then got=yes; else got=no; fi
	printf '  %-58s expected %-3s  seen %-3s  ' "$text" "$want" "$got"
	if [ $want = $got ]; then
		echo ok
	else
		echo "NOT AS EXPECTED"
		sed 's/^/    /' /tmp/out
		fails=$((fails + 1))
	fi
}

# dropped DEV DIRECTION [REASON] TEXT COMMAND: it fails, and for that reason
dropped()
{
	local dev=$1 direction=$2 reason=$3 text=$4 before after
	shift 4
	before=$(counter "$dev" "$direction" "$reason")
	try no "$text" "$@"
	after=$(counter "$dev" "$direction" "$reason")
	n=$((n + 1))
	printf '    %s %s %s: %d packets more\n' "$dev" "$direction" "$reason" \
		$((after - before))
	if [ "$after" = "$before" ]; then
		echo "    NOT AS EXPECTED: the counter should have moved"
		fails=$((fails + 1))
	fi
}

# vm NAME UUID MAC: namespace, tap, qbr, qvb and qvo, as os-vif makes them
vm()
{
	local id=${2:0:11} i
	ip netns add "$1"
	ip -n "$1" link set lo up
	build/demo/relay "tap$id" "/run/netns/$1" eth0 "$3" &
	for i in $(seq 50); do
		ip -n "$1" link show eth0 >/dev/null 2>&1 && break
		sleep 0.1
	done
	ip link add "qbr$id" type bridge ageing_time 0 mcast_snooping 0
	sysctl -qw "net.ipv6.conf.qbr$id.disable_ipv6=1"
	ip link add "qvb$id" type veth peer name "qvo$id"
	ip link set "qvb$id" up promisc on master "qbr$id"
	ip link set "qvo$id" up promisc on
	ip link set "tap$id" up master "qbr$id"
	ip link set "qbr$id" up
	ip -n "$1" link set eth0 up
	ovs-vsctl add-port br-int "qvo$id"
}

title "The compute node: Open vSwitch, three VMs of two tenants, DHCP beyond"
modprobe openvswitch && modprobe nf_conntrack_bridge || die "no openvswitch module"
mkdir -p /run/openvswitch /etc/openvswitch /var/log/openvswitch
ovsdb-tool create /etc/openvswitch/conf.db 2>/dev/null
ovsdb-server --remote=punix:/run/openvswitch/db.sock --pidfile --detach \
	--log-file=/var/log/openvswitch/db.log >/dev/null 2>&1 ||
	die "ovsdb-server does not start"
ovs-vsctl --no-wait init
# It counts processors at most every ten seconds, and begins to wait at boot: one
# that starts before has none, and nobody to answer its kernel part.
while [ "$(cut -d. -f1 /proc/uptime)" -lt 11 ]; do
	sleep 0.5
done
ovs-vswitchd --pidfile --detach --log-file=/var/log/openvswitch/vs.log \
	>/dev/null 2>&1 || die "ovs-vswitchd does not start"
ovs-vsctl add-br br-int || die "no br-int"

insmod kmod/br_sg.ko || die "br_sg.ko does not load"
cat >/tmp/node.sg <<END
# what Neutron would write for this host
default drop tap*                   # a tap without a port line is shut

group add test                      # the tenant's default group, and
rule add test egress
rule add test ingress remote group test
rule add test ingress proto icmp    # ICMP and ssh from anywhere
rule add test ingress proto tcp dport 22

group add other                     # the other tenant's
rule add other egress
rule add other ingress remote group other

port add $T1 uuid $VM1 mac fa:16:3e:dc:be:eb ip 10.1.0.2 group test dhcp-server 10.1.0.3
port add $T2 uuid $VM2 mac fa:16:3e:4b:11:04 ip 10.1.0.4 group test dhcp-server 10.1.0.3
port add $T3 uuid $VM3 mac fa:16:3e:70:22:07 ip 10.1.0.7 group other dhcp-server 10.1.0.3
END
cat /tmp/node.sg
$sgctl apply /tmp/node.sg || die "sgctl apply failed"

vm vm1 $VM1 fa:16:3e:dc:be:eb
vm vm2 $VM2 fa:16:3e:4b:11:04
vm vm3 $VM3 fa:16:3e:70:22:07
ip netns add net
ip link add qdhcp type veth peer name eth0 netns net
ip link set qdhcp up
ip -n net link set lo up
ip -n net addr add 10.1.0.3/24 dev eth0
ip -n net link set eth0 up
ovs-vsctl add-port br-int qdhcp
in_vm net dnsmasq --keep-in-foreground --port=0 --interface=eth0 \
	--bind-interfaces --user=root --pid-file= --leasefile-ro --log-facility=- \
	--dhcp-range=10.1.0.0,static,255.255.255.0,1h \
	--dhcp-host=fa:16:3e:dc:be:eb,10.1.0.2 \
	--dhcp-host=fa:16:3e:4b:11:04,10.1.0.4 \
	--dhcp-host=fa:16:3e:70:22:07,10.1.0.7 >/tmp/dnsmasq.log 2>&1 &
for _ in $(seq 50); do
	in_vm net ss -uln 2>/dev/null | grep -q ':67 ' && break
	sleep 0.1
done
cat >/tmp/lease <<'END'
#!/bin/sh
# what udhcpc calls with a lease
[ "$1" = bound ] && ip addr replace "$ip/24" dev "$interface"
exit 0
END
chmod 755 /tmp/lease

title "Each VM asks for its address"
for v in 1 2 3; do
	try yes "vm$v: udhcpc -i eth0" in_vm vm$v busybox udhcpc -f -q -n -t 8 \
		-T 1 -i eth0 -s /tmp/lease
done
try yes "vm1 has 10.1.0.2" sh -c 'ip -n vm1 addr show eth0 | grep -q 10.1.0.2/24'

title "Inside the group, and to the world"
in_vm vm1 nc -lk -p 22 >/dev/null &
in_vm vm1 nc -lk -p 80 >/dev/null &
in_vm net nc -lk -p 8080 >/dev/null &
for _ in $(seq 30); do
	[ "$(in_vm vm1 ss -tln | grep -cE ':(22|80) ')" -ge 2 ] && break
	sleep 0.1
done
try yes "vm2: ping 10.1.0.2" in_vm vm2 ping -c 2 -W 2 10.1.0.2
try yes "vm2: nc -z 10.1.0.2 80" in_vm vm2 nc -zw 3 10.1.0.2 80
try yes "vm1: nc -z 10.1.0.3 8080, and the answer" \
	in_vm vm1 nc -zw 3 10.1.0.3 8080

title "From the other tenant: ICMP and ssh, as the rules say, and no more"
try yes "vm3: ping 10.1.0.2" in_vm vm3 ping -c 2 -W 2 10.1.0.2
try yes "vm3: nc -z 10.1.0.2 22" in_vm vm3 nc -zw 3 10.1.0.2 22
dropped $T1 ingress '[no-rule]' "vm3: nc -z 10.1.0.2 80" \
	in_vm vm3 nc -zw 2 10.1.0.2 80
dropped $T3 ingress '[no-rule]' "vm1: ping 10.1.0.7, which allows nobody" \
	in_vm vm1 ping -c 1 -W 1 10.1.0.7

title "What a VM may not do"
ip -n vm1 addr add 10.1.0.99/24 dev eth0
# the address of the other is known, so that it is not ARP that is tried
ip -n vm1 neigh replace 10.1.0.3 lladdr "$(ip -n net -j link show eth0 |
	python3 -c 'import json,sys; print(json.load(sys.stdin)[0]["address"])')" dev eth0
dropped $T1 egress '[source]' "vm1: ping -I 10.1.0.99 10.1.0.3, not its address" \
	in_vm vm1 ping -c 1 -W 1 -I 10.1.0.99 10.1.0.3
dropped $T1 egress '[arp]' "vm1: arping -s 10.1.0.99, in another's name" \
	in_vm vm1 arping -c 1 -w 1 -s 10.1.0.99 -I eth0 10.1.0.3
ip -n vm1 addr del 10.1.0.99/24 dev eth0
ip -n vm1 link set eth0 address fa:16:3e:00:00:99
dropped $T1 egress '[mac]' "vm1: ping 10.1.0.3 with another MAC" \
	in_vm vm1 ping -c 1 -W 1 10.1.0.3
ip -n vm1 link set eth0 address fa:16:3e:dc:be:eb
ip -n vm1 link add link eth0 name eth0.0 type vlan id 5
ip -n vm1 addr add 10.1.5.2/24 dev eth0.0
ip -n vm1 link set eth0.0 up
dropped $T1 egress '[ethertype]' "vm1: ping through a VLAN tag, round the rules" \
	in_vm vm1 ping -c 1 -W 1 10.1.5.3
ip -n vm1 link del eth0.0
rogue='
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
s.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"eth0")
s.bind(("10.1.0.7", 67))
s.sendto(b"\2\1\6\0" + bytes(300), ("255.255.255.255", 68))
'
offered()
{
	# a client of vm2 listens for offers while vm3 sends one
	in_vm vm2 timeout 2 tcpdump -nlc 1 -i eth0 \
		'udp src port 67 and src host 10.1.0.7' >/tmp/offer 2>&1 &
	local w=$!
	sleep 0.7
	in_vm vm3 python3 -c "$rogue"
	wait $w
}
dropped $T3 egress '[dhcp]' "vm3: offers an address, as a rogue DHCP server" offered
try yes "vm1: ping 10.1.0.3, itself again" in_vm vm1 ping -c 1 -W 2 10.1.0.3

title "sgctl -s port show $T1"
$sgctl -s port show $T1
title "sgctl port chains $VM1"
$sgctl port chains $VM1

echo
if [ $fails = 0 ]; then
	echo "demo: all $n as expected"
else
	echo "demo: $fails of $n not as expected"
	exit 1
fi
