import { closeSync, existsSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Makes rows that look like a published trace: real files of a size worth timing cannot travel with the project. */
type RowMaker = (random: Random, row: number) => string;

interface BulkTrace {
  readonly format: string;
  /** Tables by file name; each gets its share of the bytes. */
  readonly tables: Readonly<Record<string, { readonly header?: string; readonly row: () => RowMaker }>>;
}

/** xorshift32: the same rows each time. */
class Random {
  private state = 2463534242;

  /** A whole number below a bound. */
  below(bound: number): number {
    let { state } = this;
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    this.state = state;
    return (state >>> 0) % bound;
  }

  pick<T>(values: readonly T[]): T {
    return values[this.below(values.length)] as T;
  }

  /** Small numbers often, large ones seldom. */
  skewed(bound: number): number {
    return Math.floor((this.below(bound) * (this.below(bound) + 1)) / bound);
  }

  text(length: number): string {
    let text = '';
    while (text.length < length) text += this.below(2 ** 31).toString(36);
    return text.slice(0, length);
  }
}

/** Rows of jobs of several tasks that stand together. */
function jobsOfTasks(
  most: number,
  line: (random: Random, job: number, task: number, count: number) => string,
): RowMaker {
  let job = 0;
  let left = 0;
  let count = 0;
  return (random) => {
    if (left === 0) {
      job++;
      count = 1 + random.skewed(most);
      left = count;
    }
    return line(random, job, count - left--, count);
  };
}

const TWO = (value: number): string => String(value).padStart(2, '0');
const clock = (seconds: number): string => {
  const day = Math.floor(seconds / 86_400);
  const rest = seconds % 86_400;
  const date = `2020-${TWO(4 + Math.floor(day / 28))}-${TWO(1 + (day % 28))}`;
  return `${date} ${TWO(Math.floor(rest / 3600))}:${TWO(Math.floor((rest % 3600) / 60))}:${TWO(rest % 60)}`;
};

/** Ids of 48 encrypted bytes, as Azure and Google write them. */
const names = (length: number, count: number): readonly string[] => {
  const random = new Random();
  return Array.from({ length: count }, () => random.text(length));
};

const google2011 = (): RowMaker => {
  const users = names(44, 300);
  const open: { job: number; index: number; user: string; step: number }[] = [];
  let job = 3_418_309;
  let index = 0;
  let timeUs = 600e6;
  return (random) => {
    timeUs += 1 + random.below(9000);
    let task =
      open.length > 20_000 || random.below(3) > 0
        ? open.splice(random.below(Math.max(1, open.length)), 1)[0]
        : undefined;
    if (task === undefined) {
      if (index++ > 20) {
        job += 5;
        index = 0;
      }
      task = { job, index, user: users[job % users.length] as string, step: 0 };
    }
    const event = [0, 1, 4][task.step++] as number;
    if (event !== 4) open.push(task);
    const machine = event === 0 ? '' : 4_155_527_081 - (task.job % 12_500);
    return `${timeUs},,${task.job},${task.index},${machine},${event},${task.user},${task.job % 4},${task.job % 12},0.0${625 + (task.job % 9)},0.0${3000 + (task.job % 900)},0.000${task.job % 99},0`;
  };
};

const google2019 = (): RowMaker => {
  const users = names(44, 300);
  let timeUs = 600e6;
  const open: [id: number, index: number, step: number][] = [];
  return (random, row) => {
    timeUs += 1 + random.below(9000);
    const known =
      open.length > 20_000 || random.below(3) > 0
        ? open.splice(random.below(Math.max(1, open.length)), 1)[0]
        : undefined;
    const [id, index, step] = known ?? [330_000_000_000 + Math.floor(row / 60), row % 20, 0];
    const type = [0, 3, 6][step];
    if (step < 2) open.push([id, index, step + 1]);
    return `${timeUs},${type},${id},${2 + (id % 2)},0,${users[id % 300]},${(id % 4) * 100},0,${index},0.0${100 + (id % 900)},0.00${100 + (id % 700)}`;
  };
};

const azureVm: () => RowMaker = () => {
  const [subscriptions, deployments] = [names(64, 500), names(88, 5000)];
  return (random) => {
    const created = 300 * random.below(8000);
    const deleted = created + 300 * random.skewed(8000);
    const use = `${random.below(1e8) / 1e6},${random.below(1e9) / 1e8},${random.below(1e8) / 1e6}`;
    const kind = random.pick(['Delay-insensitive', 'Interactive', 'Unknown']);
    return `${random.text(64)},${random.pick(subscriptions)},${random.pick(deployments)},${created},${deleted},${use},${kind},${random.pick([1, 2, 4, 8])},${random.pick([0.75, 1.75, 3.5, 7, 14])}`;
  };
};

const FATES = ['COMPLETED', 'COMPLETED', 'FAILED', 'CANCELLED'] as const;

/** In the order of the table. */
export const BULK_TRACES: readonly BulkTrace[] = [
  {
    format: 'swf',
    tables: {
      'bulk.swf': {
        header: '; MaxProcs: 1000\n; UnixStartTime: 0',
        row: () => (random, row) =>
          `${row} ${row * 9} ${random.below(99)} ${random.skewed(9000)} ${1 + random.below(64)} -1 -1 ${1 + random.below(64)} ${3600} -1 1 ${row % 200} ${row % 9} -1 ${row % 4} -1 -1 -1`,
      },
    },
  },
  {
    format: 'native',
    tables: {
      'workload-jobs.csv': {
        header: 'job_id,user,submit_s,priority',
        row: () => (_, row) => `${row},user-${row % 97},${(row * 0.217).toFixed(3)},${row % 12}`,
      },
      'workload-tasks.csv': {
        header: 'job_id,count,cpus,mem_mib,duration_s',
        row: () => (_, row) => `${row},37,${(row % 40) / 8 + 0.125},${256 * ((row % 60) + 1)},${100 + (row % 999)}`,
      },
    },
  },
  { format: 'google-2011', tables: { 'task_events-part-00000-of-00500.csv': { row: google2011 } } },
  {
    format: 'google-2019',
    tables: {
      'instance_events.csv': {
        header:
          'time,type,collection_id,scheduling_class,missing_type,user,priority,collection_type,instance_index,resource_request.cpus,resource_request.memory',
        row: google2019,
      },
    },
  },
  {
    format: 'alibaba-2017',
    tables: {
      'batch_task.csv': {
        row: () =>
          jobsOfTasks(6, (random, job, task) => {
            const created = 3 * job + random.below(50);
            return `${created},${created + 1 + random.skewed(900)},${job},${job * 7 + task},${1 + random.skewed(400)},Terminated,${random.pick([50, 100, 200])},0.00${4_000_000 + random.below(200) * 9999}`;
          }),
      },
    },
  },
  {
    format: 'alibaba-2018',
    tables: {
      'batch_task.csv': {
        row: () =>
          jobsOfTasks(9, (random, job, task) => {
            const name = task === 0 ? 'M1' : `R${task + 1}_${1 + random.below(task)}`;
            const start = 80_000 + ((job * 7919) % 600_000);
            return `${name},${1 + random.skewed(300)},j_${job},${1 + (job % 12)},Terminated,${start},${start + random.skewed(400)},${random.pick([50, 100, 200])},0.${1 + random.below(98)}`;
          }),
      },
    },
  },
  {
    format: 'alibaba-gpu-2020',
    tables: {
      'pai_task_table.csv': {
        row: () =>
          jobsOfTasks(2, (random, job, task) => {
            const start = 90_000 + job * 3;
            const id = `${(job * 2_654_435_761).toString(16).padStart(12, '0')}${(job * 40_503).toString(16).padStart(12, '0')}`;
            return `${id},${task === 0 ? 'worker' : 'ps'},${1 + random.skewed(9)}.0,Terminated,${start}.0,${start + 1 + random.skewed(9000)}.0,${random.pick([400, 600, 900])}.0,${random.pick([29.296875, 58.59375])},${random.pick([25, 50, 100])}.0,${random.pick(['T4', 'P100', 'V100', 'MISC'])}`;
          }),
      },
    },
  },
  {
    format: 'openb',
    tables: {
      'openb_pod_list.csv': {
        header:
          'name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec,qos,pod_phase,creation_time,deletion_time,scheduled_time',
        row: () => {
          const shapes = new Random();
          // The published list has some 150 sizes.
          const sizes = Array.from({ length: 150 }, () =>
            [1000 * (1 + shapes.below(16)), 1024 * (1 + shapes.below(48)), 1, 10 * (1 + shapes.below(100))].join(),
          );
          return (random, row) => {
            const created = row * 11;
            return `openb-pod-${row},${random.pick(sizes)},,${random.pick(['LS', 'BE', 'Burstable'])},Succeeded,${created},${created + random.skewed(90_000)},${created}`;
          };
        },
      },
    },
  },
  {
    format: 'omega-cell',
    tables: {
      'cell.csv': {
        header: 'job_id,submit_s,workload,num_tasks,task_duration_s,cpus_per_task,mem_gb_per_task',
        row: () => (random, row) =>
          `${row},${(row * 0.317).toFixed(3)},${random.pick(['Batch', 'Batch', 'Service'])},${1 + random.skewed(60)},${random.below(1e6) / 1000},${random.below(2000) / 1000},${random.below(9000) / 1000}`,
      },
    },
  },
  {
    format: 'helios',
    tables: {
      'cluster_log.csv': {
        header: 'job_id,user,vc,gpu_num,cpu_num,node_num,state,submit_time,start_time,end_time,duration,queue',
        row: () => (random, row) => {
          const [submit, wait, run] = [row * 9, random.skewed(600), random.skewed(90_000)];
          const times = [submit, submit + wait, submit + wait + run].map((seconds) => clock(seconds % 2e7)).join();
          return `${1_425_511 + row},u${row % 300},vc${row % 27},${random.pick([1, 2, 4, 8])},${random.pick([8, 16])},1,${random.pick(FATES)},${times},${run},${wait}`;
        },
      },
    },
  },
  {
    format: 'tiresias',
    tables: {
      'tiresias.csv': {
        header: 'job_id,num_gpu,submit_time,iterations,model_name,duration,interval',
        row: () => (random, row) =>
          `${row},${random.pick([1, 2, 4, 8])},${row * 31},${100 + random.below(9000)},${random.pick(['vgg19', 'resnet50', 'alexnet'])},${60 + random.skewed(90_000)},31`,
      },
    },
  },
  {
    format: 'gavel',
    tables: {
      'gavel.trace': {
        row: () => (random, row) => {
          const model = random.pick(['ResNet-18 (batch size 64)', 'LM (batch size 20)', 'A3C']);
          return `${model}\tcd cv && python3 main.py --data_dir=%s/cifar10 --batch_size 64\tcv\t--num_steps\t1\t${1000 + random.below(90_000)}\t${random.pick([1, 2, 4])}\t1\t-1.000000\t${(row * 7.31).toFixed(6)}`;
        },
      },
    },
  },
  { format: 'azure-vm', tables: { 'vmtable.csv': { row: azureVm } } },
  {
    format: 'swim',
    tables: {
      'swim.tsv': {
        row: () => (random, row) =>
          `job${row}\t${row * 3}\t3\t${random.below(2 ** 31)}\t${random.below(2 ** 30)}\t${random.below(2 ** 30)}`,
      },
    },
  },
  {
    format: 'gwf',
    tables: {
      'trace.gwf': {
        header: 'WorkflowID, JobID     , SubmitTime, RunTime   , NProcs    , ReqNProcs , Dependencies',
        row: () =>
          jobsOfTasks(9, (random, job, task) => {
            const pad = (value: number | string): string => String(value).padEnd(10);
            const after = task === 0 ? '' : job * 10 + random.below(task);
            return [job, job * 10 + task, job * 5, 1 + random.skewed(900), 1, 1, after].map(pad).join(', ');
          }),
      },
    },
  },
  {
    format: 'eagle',
    tables: {
      'eagle.tr': {
        row: () => (random, row) => {
          const tasks = Array.from({ length: 1 + random.skewed(24) }, () => 1 + random.below(900));
          const mean = tasks.reduce((sum, task) => sum + task, 0) / tasks.length;
          return `${row * 2} ${tasks.length} ${mean.toFixed(3)} ${tasks.join(' ')}`;
        },
      },
    },
  },
];

const PIECE = 1 << 20;

/** The files of a trace of so many bytes in a folder; made once, whole or not at all. */
export function bulkFiles(folder: string, format: string, bytes: number): string[] {
  const trace = BULK_TRACES.find((candidate) => candidate.format === format);
  if (trace === undefined) throw new Error(`no rows are known of ${format}`);
  const paths = Object.keys(trace.tables).map((name) => join(folder, format, name));
  if (paths.every((path) => existsSync(path))) return paths;
  const tables = Object.values(trace.tables).map(({ header, row }, index) => {
    const path = paths[index] as string;
    mkdirSync(dirname(path), { recursive: true });
    const text = header === undefined ? '' : `${header}\n`;
    return { path, descriptor: openSync(`${path}.part`, 'w'), text, make: row(), random: new Random() };
  });
  let written = 0;
  // Tables of one trace have the same number of rows: those of a job are in all of them.
  for (let row = 1; written < bytes; row++) {
    for (const table of tables) {
      table.text += `${table.make(table.random, row)}\n`;
      if (table.text.length < PIECE) continue;
      written += writeSync(table.descriptor, table.text);
      table.text = '';
    }
  }
  for (const { path, descriptor, text } of tables) {
    writeSync(descriptor, text);
    closeSync(descriptor);
    renameSync(`${path}.part`, path);
  }
  return paths;
}
