import { InputError } from '../core/errors.js';
import { nameHint } from '../core/nearest.js';
import { resolveOptions } from '../model/options.js';
import { parsePolicy } from '../model/plugin.js';
import type { ResourceSpace } from '../model/resources.js';
import type { TraceContext, TraceFormat, TraceIssue } from '../model/trace-format.js';
import { alibaba2017 } from './alibaba-2017/index.js';
import { alibaba2018 } from './alibaba-2018/index.js';
import { alibabaGpu2020 } from './alibaba-gpu-2020/index.js';
import { azureVm } from './azure-vm/index.js';
import { batsim } from './batsim/index.js';
import { bitbrains } from './bitbrains/index.js';
import { sampleOf } from './bytes/sample.js';
import { eagle } from './eagle.js';
import { failuresCsv } from './failures/failures-csv.js';
import { lanl } from './failures/lanl.js';
import { opendcFailures } from './failures/opendc-failures.js';
import { formatOfFolder, isFolder, withFolders } from './folders.js';
import { gavel } from './gavel.js';
import { google2011 } from './google-2011/index.js';
import { google2019 } from './google-2019/index.js';
import { guarded } from './guard.js';
import { gwf } from './gwf.js';
import { rumen } from './hadoop/rumen.js';
import { sls } from './hadoop/sls.js';
import { helios } from './helios/index.js';
import { native } from './native.js';
import { omegaCell } from './omega-cell.js';
import { openb } from './openb.js';
import { opendc } from './parquet/opendc.js';
import { wta } from './parquet/wta.js';
import { philly } from './philly/index.js';
import { spotPrices } from './spot-prices.js';
import { swf } from './swf.js';
import { swim } from './swim.js';
import { tiresias } from './tiresias/index.js';
import { dax } from './workflows/dax.js';
import { wfformat } from './workflows/wfformat.js';

/** The trace formats. */
export const traceFormats: TraceFormat[] = [
  swf,
  google2011,
  google2019,
  openb,
  omegaCell,
  native,
  alibaba2017,
  alibaba2018,
  alibabaGpu2020,
  philly,
  tiresias,
  helios,
  gavel,
  azureVm,
  bitbrains,
  swim,
  gwf,
  eagle,
  wfformat,
  dax,
  batsim,
  sls,
  rumen,
  opendc,
  wta,
  lanl,
  opendcFailures,
  failuresCsv,
  spotPrices,
];

/** How a trace is to be read; the spelling of the format may carry options: `swf[memory=true]`. */
export interface TraceRequest {
  /** Empty = recognised by content and name. */
  readonly format: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly onBadRow: 'skip' | 'error';
  readonly maxSkipped: number;
  readonly onIssue?: (issue: TraceIssue) => void;
}

export function formatNamed(name: string): TraceFormat {
  const format = traceFormats.find((candidate) => candidate.name === name);
  if (format !== undefined) return format;
  const names = traceFormats.map((candidate) => candidate.name);
  throw new InputError('E_FORMAT_UNKNOWN', `there is no trace format "${name}"`, {}, nameHint(name, names));
}

/** The format that is surest of the file. InputError E_FORMAT when none knows it, E_EMPTY when there is nothing in it. */
export function detectFormat(path: string): TraceFormat {
  if (isFolder(path)) return formatOfFolder(path, traceFormats);
  const sample = sampleOf(path);
  if (sample.head.length === 0) throw new InputError('E_EMPTY', 'the file is empty', { file: path });
  let best: TraceFormat | undefined;
  let bestScore = 0;
  for (const format of traceFormats) {
    const score = format.detect(sample);
    if (score > bestScore) {
      best = format;
      bestScore = score;
    }
  }
  if (best !== undefined) return best;
  const names = traceFormats.map((format) => format.name).join(', ');
  throw new InputError(
    'E_FORMAT',
    'the format of the file is not recognised',
    { file: path, line: 1, column: 1 },
    `name one of ${names}`,
  );
}

/** A file with nothing in it, or in UTF-16, is no trace of any format, even where the format is named. */
function refuseEmpty(file: string): void {
  if (isFolder(file)) return;
  const { head } = sampleOf(file);
  if (head.length === 0) throw new InputError('E_EMPTY', 'the file is empty', { file });
  const mark = ((head[0] ?? 0) << 8) | (head[1] ?? 0);
  if (mark === 0xfffe || mark === 0xfeff)
    throw new InputError('E_ENCODING', 'the file must be UTF-8, got UTF-16', { file, line: 1, column: 1 });
}

/** Format and checked context of a request over files. */
export function prepareTrace(
  files: readonly string[],
  request: TraceRequest,
  resources: ResourceSpace,
): { format: TraceFormat; context: TraceContext } {
  const first = files[0];
  if (first === undefined) throw new InputError('E_FILE', 'a trace needs at least one file');
  const spec = request.format === '' ? undefined : parsePolicy(request.format);
  const format = spec === undefined ? detectFormat(first) : formatNamed(spec.name);
  for (const file of files) refuseEmpty(file);
  const options = resolveOptions(
    `format ${format.name}`,
    format.options,
    { ...spec?.raw, ...request.options },
    { file: first },
  );
  const context: TraceContext = {
    resources,
    options,
    onBadRow: request.onBadRow,
    maxSkipped: request.maxSkipped,
    ...(request.onIssue === undefined ? {} : { onIssue: request.onIssue }),
  };
  return { format: guarded(withFolders(format)), context };
}
