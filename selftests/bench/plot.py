# SPDX-License-Identifier: GPL-2.0-or-later
"""Cost against ports and against rules, drawn by gnuplot."""
import os
import subprocess

import grid

LINES = (("iptables", "iptables, legacy", "#c44e52"),
         ("iptables-nft", "iptables, nft variant", "#dd8452"),
         ("nft", "nftables by hand", "#8172b3"),
         ("ovs", "Open vSwitch", "#937860"),
         ("br_sg", "br_sg", "#2a7f3f"))
FLOOR = ("conntrack", "bridge conntrack", "#808080")

SCRIPT = """
set terminal svg noenhanced size 1000,450 font 'sans-serif,13' background '#ffffff'
set output '{out}/bench.svg'
set multiplot layout 1,2
set logscale xy
set grid ytics lc '#e0e0e0'
set border 3
set tics nomirror
set format y '%.0s %c'
set yrange [500:2000000]
set key below reverse Left samplen 1 width -6 maxrows 3
set ylabel 'instructions over the bare bridge'
{plots}
unset multiplot
"""


def data(results, peer, key, values, traffic):
    out = []
    for n in values:
        try:
            over = results.of(peer, traffic=traffic, **{key: n}) - \
                results.of("bare", traffic=traffic)
        except LookupError:
            continue
        out.append("%d %.0f" % (n, over))
    return "\n".join(out)


def panel(results, key, values, traffic, title):
    curves, blocks = [], []
    for peer, name, colour in LINES + (FLOOR,):
        points = data(results, peer, key, values, traffic)
        if not points:
            continue
        block = "$%s_%s" % (key, peer.replace("-", "_"))
        blocks.append("%s << EOD\n%s\nEOD" % (block, points))
        curves.append("%s with linespoints pt 7 ps 0.6 lw 2 lc '%s' title '%s'" % (
            block, colour, name))
    if not curves:
        return ""
    return "%s\nset title '%s'\nset xlabel '%s' offset 0,0.4\nset xrange [0.8:%d]\nplot %s\n" % (
        "\n".join(blocks), title, key, values[-1] * 1.2, ", \\\n ".join(curves))


def draw(results, out):
    plots = panel(results, "ports", grid.PORTS, "established",
                  "an established packet, by ports on the host") + \
        panel(results, "rules", grid.RULES, "new",
              "the first packet of a flow, by rules of the port")
    if not plots:
        return
    r = subprocess.run(["gnuplot", "-"], text=True, capture_output=True,
                       input=SCRIPT.format(out=out, plots=plots))
    if r.returncode or not os.path.exists(out + "/bench.svg"):
        print("# no plot: " + r.stderr.strip()[-300:])
