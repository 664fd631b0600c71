import { InputError } from '../../core/errors.js';
import { FOREVER_US, type JobRecord, type JobSource, type SourceReport, type UsageStep } from '../../model/job.js';
import type { TraceContext, TraceFormat } from '../../model/trace-format.js';
import { AmountsMemo } from '../amounts-memo.js';
import type { IssueLog } from '../bytes/issues.js';
import { azureVmFacts } from '../facts/azure-vm-facts.js';
import { jobRecord, tableJobs, taskGroup } from '../records.js';
import { MAX_SECONDS, type Rows } from '../rows.js';
import { byTable, tableOf, VM_TABLE } from './layouts.js';
import { readReadings, type UseOfVm } from './readings.js';

const VM = 0;
const SUBSCRIPTION = 1;
const CREATED = 3;
const DELETED = 4;
const AVERAGE = 6;
const CATEGORY = 8;
const CORES = 9;
const MEMORY = 10;

/** The last reading of the 30 days: what is deleted then runs on. */
const END_S = 2_591_700;

/** Interactive machines before those whose delay nobody notices. */
const PRIORITY: Readonly<Record<string, number>> = { Interactive: 2, Unknown: 1, 'Delay-insensitive': 0 };

/**
 * Azure's VM trace V1: a virtual machine is a job of one task from its creation to its deletion, with its cores and memory. It really uses
 * its average CPU, or, with vm_cpu_readings named beside the table, the mean of each interval.
 */
function openJobs(files: readonly string[], context: TraceContext): JobSource {
  const tables = byTable(files);
  const vmTables = tables.get('vmtable');
  if (vmTables === undefined)
    throw new InputError('E_FORMAT', 'vmtable is missing: it alone tells of sizes', { file: files[0] ?? '' });
  const memo = new AmountsMemo(context.resources);
  const open = (report: SourceReport, issues: IssueLog) => {
    const intervalS = Math.max(1, Number(context.options['usageStep']) / 1e6);
    const useOf = readReadings(tables.get('vm_cpu_readings') ?? [], intervalS, report, issues);
    return (rows: Rows) => parseRow(rows, context.options['censored'], memo, useOf);
  };
  return tableJobs({ format: 'azure-vm', files, tables: vmTables, layout: VM_TABLE, submit: CREATED, open }, context);
}

const isSound = (value: number): boolean => value >= 0 && value <= MAX_SECONDS;

function parseRow(
  rows: Rows,
  censored: unknown,
  memo: AmountsMemo,
  useOf: (vm: string) => UseOfVm | undefined,
): JobRecord | undefined {
  if (rows.isEmpty(VM)) return rows.skip(VM, 'E_AZURE_VALUE', 'must not be empty');
  const createdS = rows.number(CREATED);
  const deletedS = rows.number(DELETED);
  const cores = rows.number(CORES);
  const memGib = rows.number(MEMORY);
  const areSound = isSound(createdS) && isSound(deletedS) && isSound(cores) && isSound(memGib);
  if (!areSound) {
    const bad = [CREATED, DELETED, CORES, MEMORY].find((column) => !isSound(rows.number(column)));
    return rows.skip(bad as number, 'E_AZURE_VALUE', 'must be a number of at least 0');
  }
  if (deletedS < createdS) return rows.skip(DELETED, 'E_AZURE_RUN', `must not be before vmcreated ${createdS}`);
  const runsOn = deletedS >= END_S;
  if (runsOn && censored === 'skip')
    return rows.skip(DELETED, 'E_AZURE_CENSORED', 'is the end of the trace: the machine runs on');
  if (runsOn) rows.repair(DELETED, 'E_AZURE_CENSORED', 'is the end of the trace: the machine runs on');
  const category = categoryOf(rows.repeated(CATEGORY));
  const cpusMilli = Math.round(cores * 1000);
  const memMilliMib = Math.round(memGib * 1024 * 1000);
  const durationUs = runsOn && censored === 'forever' ? FOREVER_US : Math.round((deletedS - createdS) * 1e6);
  const group = taskGroup({ amounts: memo.of(cpusMilli, memMilliMib), durationUs });
  const id = rows.text(VM);
  const average = rows.number(AVERAGE);
  const step = (offsetUs: number, percent: number): UsageStep => ({
    offsetUs,
    amounts: memo.of(Math.round((cpusMilli * percent) / 100), memMilliMib),
  });
  const readings = useOf(id);
  if (readings !== undefined)
    group.usage = ascending(
      readings.map(({ startS, percent }) => step(Math.max(0, (startS - createdS) * 1e6), percent)),
    );
  else if (average >= 0 && average <= 100) group.usage = [step(0, average)];
  return jobRecord({
    id,
    user: rows.repeated(SUBSCRIPTION),
    queue: category,
    class: category,
    priority: PRIORITY[category] ?? 1,
    submitUs: Math.round(createdS * 1e6),
    groups: [group],
  });
}

function categoryOf(cell: string): string {
  const told = cell.trim();
  // The misspelling is in the data.
  return told === 'Unkown' || told === '' ? 'Unknown' : told;
}

/** Steps that begin together, before the machine was made: the last one holds. */
function ascending(usage: readonly UsageStep[]): UsageStep[] {
  return usage.filter(({ offsetUs }, index) => offsetUs !== usage[index + 1]?.offsetUs);
}

export const azureVm: TraceFormat = {
  name: 'azure-vm',
  summary: "Azure's VM trace V1: long-lived virtual machines with sizes and use of CPUs",
  source: 'Cortez et al., Resource Central, SOSP 2017; Azure/AzurePublicDataset AzurePublicDatasetV1.md',
  options: {
    censored: {
      type: 'choice',
      choices: ['run-to-end', 'forever', 'skip'],
      default: 'run-to-end',
      help: 'machines that run at the end of the 30 days: end with them, go on for ever, or are left out',
    },
    usageStep: {
      type: 'duration',
      default: '1 h',
      range: [1e6, 30 * 86400e6],
      help: 'readings are averaged over intervals of this length',
    },
  },
  detect: (sample) => tableOf(sample)?.score ?? 0,
  facts: azureVmFacts,
  holds: (files) => (byTable(files).has('vmtable') ? 'jobs' : 'sizes'),
  openJobs,
};
