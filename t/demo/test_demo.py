#!/usr/bin/env python3
"""The demo, small: quiet, then with kills."""

import os
import subprocess
import sys

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
import fixgate as fg

fg.need("fixgated", "fixgatectl", "fixgate-streamer", "fixgate-client")
for args in (["--orders", "300", "--seconds", "1"],
             ["--orders", "1000", "--seconds", "10", "--chaos"]):
    subprocess.run([sys.executable, os.path.join(HERE, "run.py"),
                    "--limit", "600", *args], check=True)
