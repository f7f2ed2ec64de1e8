# SPDX-License-Identifier: GPL-2.0-or-later
# bash completion for sgctl
#
# Objects and verbs are asked of the tool itself (sgctl help), so that they
# can't lag behind it; names of what exists of its read commands.

_sgctl_names()
{
	case $1 in
	set)	sgctl set show 2>/dev/null | sed -n 's/^set \([^:]*\):.*/\1/p' ;;
	group)	sgctl group show 2>/dev/null | sed -n 's/^group \(.*\): .*/\1/p' ;;
	port)	sgctl port show 2>/dev/null | sed -n 's/^port \([^:]*\):.*/\1/p' ;;
	dev)	ls /sys/class/net 2>/dev/null ;;
	pattern) sgctl default show 2>/dev/null | sed 's/^default [a-z]* //' ;;
	esac
}

_sgctl()
{
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}
	local i object verb words n=0

	COMPREPLY=()
	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		-n|-b)	((n)) || { ((i++)); continue; } ;;
		-*)	((n)) || continue ;;
		esac
		((n++))
		((n == 1)) && object=${COMP_WORDS[i]}
		((n == 2)) && verb=${COMP_WORDS[i]}
	done

	[[ $n:$object:$verb == 2:module:upgrade ]] && { compopt -o default; return; }
	case $n:$prev in
	0:-n)	words=$(ls /run/netns 2>/dev/null) ;;
	0:-b)	compopt -o default; return ;;
	0:*)
		words="$(sgctl help | awk '/^Options:/ {exit} /^  [a-z]/ {print $1}' | sort -u) help"
		[[ $cur == -* ]] && words="-j -p -s -q -n -b -c -V -h"
		;;
	1:*)
		case $object in
		apply)	[[ $cur == -* ]] && { mapfile -t COMPREPLY < <(compgen -W "--allow-empty -q" -- "$cur"); return; }
			compopt -o default; return ;;
		diff|check|fmt) compopt -o default; return ;;
		monitor) mapfile -t COMPREPLY < <(compgen -W "config events port" -- "$cur"); return ;;
		esac
		words="$(sgctl "$object" help | awk '$1 == "Usage:" {print $4}' |
			tr -d '[]' | sort -u) help"
		;;
	*)
		case $prev in
		group)	words=$(_sgctl_names group) ;;
		port)	[[ $object == @(flow|monitor|shadow) ]] && words=$(_sgctl_names port) ;;
		set)	[[ $object == rule ]] && words=$(_sgctl_names set) ;;
		remote)	words="group set" ;;
		proto)	words="tcp udp icmp icmpv6 sctp" ;;
		*)
			case $object:$n in
			default:2) words="drop accept"
				[[ $verb == del ]] && words=$(_sgctl_names pattern) ;;
			set:2)	words=$(_sgctl_names set) ;;
			group:2|member:2|rule:2) words=$(_sgctl_names group) ;;
			port:2)	words=$(_sgctl_names port)
				[[ $verb == add || $verb == replace ]] && words=$(_sgctl_names dev) ;;
			group:*) words="stateless" ;;
			rule:*)	words="ingress egress ipv4 ipv6 proto dport icmp remote id" ;;
			flow:*)	words="port revoked" ;;
			shadow:*)
				[[ $verb == apply ]] && { compopt -o default; return; }
				[[ $verb == commit ]] && words=--allow-empty
				[[ $verb == show ]] && words=port ;;
			port:*)	words="uuid mac ip pair group dhcp-server ethertype zone ct-limit any-source strict off trusted" ;;
			esac
			[[ $verb == set ]] && words+=" no"
			;;
		esac
		;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
}

complete -F _sgctl sgctl
