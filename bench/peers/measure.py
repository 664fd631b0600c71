"""Runs a command; prints wall seconds, CPU seconds and peak memory of it as one line of JSON after its own output."""
import json
import resource
import subprocess
import sys
import time

began = time.monotonic()
done = subprocess.run(sys.argv[1:], check=False)
wall = time.monotonic() - began
usage = resource.getrusage(resource.RUSAGE_CHILDREN)
cpu = usage.ru_utime + usage.ru_stime
print(json.dumps({"code": done.returncode, "wallS": wall, "cpuS": cpu, "peakMb": usage.ru_maxrss / 1024}))
