"""AccaSim's FIFO with first fit on an SWF log: one-core nodes, a job holds as many as it has processors. AccaSim logs its means."""
import collections
import collections.abc
import json
import os
import sys
import tempfile

# AccaSim 1.1.3 asks for names that Python 3.10 took out of `collections`.
collections.Mapping = collections.abc.Mapping

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
