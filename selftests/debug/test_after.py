#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What other programs left in a debug kernel: nothing is leaked once the module
is gone, and the checkers were at work all the time."""
import checkers
from checkers import harness

t = harness.Test()
if harness.module_loaded():
    # of the netns that every program starts in, should one have left something
    harness.sh(harness.SGCTL, "flush", check=False)
t.ok(not harness.module_loaded() or harness.unload_module(), "the module goes")
t.equal(checkers.leaks(), "", "kmemleak finds nothing")
t.ok(checkers.lockdep_on(), "lockdep was at work to the end")
t.done()
