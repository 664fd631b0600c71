import { SaxesParser } from 'saxes';
import { InputError, type InputPosition } from '../../core/errors.js';
import { type OptionSpecs, resolveOptions } from '../../model/options.js';
import { mergedConf, textOf } from '../inside/conf.js';
import { type HadoopSettings, hadoopOptions } from './settings.js';

const SPECS: OptionSpecs = hadoopOptions;

/** Properties of Hadoop and of Hadoop on Mesos, and the options that they set. */
const PROPERTIES: Readonly<Record<string, string>> = {
  'mapred.mesos.taskScheduler': 'scheduler',
  'mapred.jobtracker.taskScheduler': 'scheduler',
  'mapred.mesos.scheduler.policy.fixed': 'policy',
  'mapred.tasktracker.map.tasks.maximum': 'mapSlots',
  'mapred.tasktracker.reduce.tasks.maximum': 'reduceSlots',
  'mapred.mesos.total.map.slots.minimum': 'minMapSlots',
  'mapred.mesos.total.reduce.slots.minimum': 'minReduceSlots',
  'mapred.mesos.tasktracker.cpus': 'trackerCpus',
  'mapred.mesos.tasktracker.mem': 'trackerMem',
  'mapred.mesos.tasktracker.disk': 'trackerDisk',
  'mapred.mesos.slot.cpus': 'slotCpus',
  'mapred.mesos.slot.mem': 'slotMem',
  'mapred.mesos.slot.disk': 'slotDisk',
  'mapred.mesos.docker.image': 'image',
  'mapred.mesos.tracker.idle.interval': 'idleCheck',
  'mapreduce.tasktracker.outofband.heartbeat': 'outOfBand',
  'mapred.reduce.slowstart.completed.maps': 'slowStart',
  'mapred.fairscheduler.locality.delay': 'nodeWait',
  'mapred.fairscheduler.assignmultiple': 'assignMultiple',
  'mapred.fairscheduler.sizebasedweight': 'sizeBasedWeight',
  'mapred.fairscheduler.preemption': 'preemption',
  'mapred.fairscheduler.preemption.interval': 'preemptionInterval',
  'mapred.map.tasks.speculative.execution': 'speculation',
  'mapred.map.max.attempts': 'maxAttempts',
  'mapred.max.tracker.failures': 'maxTrackerFailures',
};

/** Task schedulers by the name of their class. */
const SCHEDULERS: Readonly<Record<string, string>> = {
  JobQueueTaskScheduler: 'fifo',
  FairScheduler: 'fair',
  CapacityTaskScheduler: 'capacity',
};

/** The settings with what their mapred-site.xml says; an option that is not at its default goes before it. */
export function withMapredSite(settings: HadoopSettings): HadoopSettings {
  return settings.conf === '' ? settings : mergedConf(settings, SPECS, readSite(settings.conf));
}

interface Property {
  name: string;
  value: string;
  readonly position: InputPosition;
}

function readSite(file: string): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const { name, value, position } of propertiesOf(file)) {
    if (name === '') throw new InputError('E_CONF', 'a property must have a name', position);
    const option = PROPERTIES[name];
    // What says nothing about scheduling is left to the real program.
    if (option === undefined) continue;
    const raw = { [option]: spelled(option, value.trim()) };
    values[option] = resolveOptions(name, { [option]: SPECS[option] as OptionSpecs[string] }, raw, position)[option];
  }
  return values;
}

/** `<configuration><property><name>…</name><value>…</value></property>…</configuration>`. */
function propertiesOf(file: string): Property[] {
  const properties: Property[] = [];
  const path: string[] = [];
  const parser = new SaxesParser();
  const here = (): InputPosition => ({ file, line: parser.line, column: parser.column + 1 });
  parser.on('error', (error) => {
    throw new InputError('E_CONF', `the file must be XML: ${error.message.replace(/^\d+:\d+: /, '')}`, here());
  });
  parser.on('opentag', ({ name }) => {
    path.push(name);
    if (path.length === 1 && name !== 'configuration') {
      throw new InputError('E_CONF', `the root element must be "configuration", got "${name}"`, here());
    }
    if (path.join('/') === 'configuration/property') properties.push({ name: '', value: '', position: here() });
  });
  parser.on('closetag', () => void path.pop());
  parser.on('text', (text) => {
    const property = properties[properties.length - 1];
    const place = path.join('/');
    if (property === undefined) return;
    if (place === 'configuration/property/name') property.name += text.trim();
    if (place === 'configuration/property/value') property.value += text;
  });
  parser.write(textOf(file)).close();
  return properties;
}

/** Hadoop writes class names, switches, and times in whole milliseconds (the idle interval in seconds). */
function spelled(option: string, value: string): string {
  if (option === 'scheduler') return SCHEDULERS[value.slice(value.lastIndexOf('.') + 1)] ?? value;
  if (option === 'policy') return value === 'true' ? 'fixed' : 'variable';
  if (option === 'speculation') return value === 'false' ? 'off' : 'gap';
  return (option === 'nodeWait' || option === 'preemptionInterval') && /^\d+$/.test(value) ? `${value} ms` : value;
}
