"""AccaSim's FIFO with first fit on an SWF log: one-core nodes, a job holds as many as it has processors."""
import json
import os
import sys
import tempfile

from accasim.base.allocator_class import FirstFit
from accasim.base.scheduler_class import FirstInFirstOut
from accasim.base.simulator_class import Simulator

log, nodes = sys.argv[1], int(sys.argv[2])
folder = tempfile.mkdtemp()
system = os.path.join(folder, "system.json")
with open(system, "w") as file:
    json.dump(
        {
            "groups": {"node": {"core": 1, "mem": 1_000_000}},
            "resources": {"node": nodes},
            "equivalence": {"processor": {"core": 1}},
        },
        file,
    )
os.chdir(folder)
simulator = Simulator(log, system, FirstInFirstOut(FirstFit()), RESULTS_FOLDER_NAME="results")
simulator.start_simulation()
rows = []
for name in os.listdir("results"):
    if not name.startswith("sched"):
        continue
    with open(os.path.join("results", name)) as file:
        rows = [line.strip().split(";") for line in file if line.strip()]
print("ROW", rows[0] if rows else None, len(rows))
