"""First come, first served on c servers in SimPy: the jobs of two native tables (arrival and run time), one Resource."""
import csv
import json
import sys

import simpy

jobs_file, tasks_file, servers = sys.argv[1], sys.argv[2], int(sys.argv[3])
with open(jobs_file) as file:
    submits = [float(row["submit_s"]) for row in csv.DictReader(file)]
with open(tasks_file) as file:
    durations = [float(row["duration_s"]) for row in csv.DictReader(file)]

env = simpy.Environment()
machine = simpy.Resource(env, capacity=servers)
waits = 0.0
last = 0.0


def job(duration):
    global waits, last
    came = env.now
    with machine.request() as request:
        yield request
        waits += env.now - came
        yield env.timeout(duration)
    last = env.now


def arrivals():
    for submit, duration in zip(submits, durations):
        yield env.timeout(submit - env.now)
        env.process(job(duration))


env.process(arrivals())
env.run()
print(json.dumps({"jobs": len(submits), "meanWaitS": waits / len(submits), "makespanS": last}))
