import { defineFramework } from '../../model/framework.js';
import { parseDurationUs } from '../../model/units.js';
import { readJobFile } from '../job-file.js';
import { readGangJobs } from './job.js';
import { GangScheduler } from './scheduler.js';
import { gangOptions, settingsOf } from './settings.js';

export const gang = defineFramework({
  name: 'gang',
  summary: 'jobs whose tasks start together or not at all, as MPI, TensorFlow and PyTorch run them',
  source:
    'apache/mesos mpi/mpiexec-mesos.py; douban/tfmesos scheduler.py; volcano-sh/volcano gang plugin; horovod runner/elastic/driver.py',
  options: gangOptions,
  usesOperations: ({ mode }) => mode === 'reserve',
  create: (options, slots, driver) => {
    const settings = settingsOf(options, (text, label) => parseDurationUs(text, label));
    const jobs = readGangJobs(options.jobs.map(readJobFile), driver.resources, settings);
    return new GangScheduler(jobs, settings, slots, driver);
  },
});
