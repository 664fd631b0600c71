import { Adder } from 'd3-array';
import { emptyReport } from '../../model/job.js';
import { ResourceSpace } from '../../model/resources.js';
import { IssueLog } from '../bytes/issues.js';
import { eventName, isAllocSet, machineEventName } from '../google-2019/events.js';
import { byTable, eachExportRow, FIELD, type TableName } from '../google-2019/rows.js';
import { NameSet } from '../name-set.js';
import { Counts } from './counts.js';

/** Counts over the tables as they stand; of several tables each has its own part. */
export function google2019Facts(files: readonly string[]): Record<string, unknown> {
  const parts: [string, Record<string, unknown>][] = [];
  for (const [table, paths] of byTable(files)) if (table !== undefined) parts.push([table, tableFacts(table, paths)]);
  return parts.length === 1 ? (parts[0]?.[1] ?? {}) : Object.fromEntries(parts);
}

function tableFacts(table: TableName, files: readonly string[]): Record<string, unknown> {
  const report = emptyReport('facts', [...files]);
  const context = { resources: new ResourceSpace(), options: {}, onBadRow: 'skip' as const, maxSkipped: -1 };
  const byEvent = new Counts();
  const [things, parts, users] = [new NameSet(), new NameSet(), new NameSet()];
  const used = new Adder();
  const facts = { rows: 0, allocSets: 0 };
  eachExportRow(files, report, new IssueLog(report, context), (row) => {
    facts.rows++;
    const thing = row.text(table === 'machine_events' ? FIELD.machine_id : FIELD.collection_id);
    things.add(thing);
    parts.add(`${thing}/${row.text(FIELD.instance_index) || '0'}`);
    if (row.text(FIELD.user) !== '') users.add(row.text(FIELD.user));
    if (isAllocSet(row.text(FIELD.collection_type))) facts.allocSets++;
    const name = (table === 'machine_events' ? machineEventName : eventName)(row.text(FIELD.type));
    if (name !== undefined) byEvent.add(name);
    const cpuS =
      (row.number(FIELD['average_usage.cpus']) * (row.number(FIELD.end_time) - row.number(FIELD.start_time))) / 1e6;
    if (!Number.isNaN(cpuS)) used.add(cpuS);
  });
  if (table === 'machine_events') return { rows: facts.rows, machines: things.count, byEvent: byEvent.tell() };
  if (table === 'instance_usage')
    return { ...facts, collections: things.count, instances: parts.count, cpuSeconds: used.valueOf() };
  return {
    ...facts,
    collections: things.count,
    ...(table === 'instance_events' ? { instances: parts.count } : { users: users.count }),
    byEvent: byEvent.tell(),
  };
}
