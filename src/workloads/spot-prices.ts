import { DateTime } from 'luxon';
import { emptyReport, type SourceReport } from '../model/job.js';
import type { PriceStep } from '../model/prices.js';
import type { TraceContext, TraceFormat } from '../model/trace-format.js';
import { IssueLog } from './bytes/issues.js';
import { factRows } from './facts/fact-rows.js';
import { looksLike, Rows, type TableLayout } from './rows.js';

const TIME = 0;
const REGION = 1;
const PRICE = 2;
const TABLE: TableLayout = {
  columns: ['timestamp', 'region', 'spotprice'],
  aliases: { availabilityzone: 'region', spot_price: 'spotprice' },
  numeric: ['spotprice'],
};

/**
 * Observations of EC2 spot prices in any order: times in UTC, currency per instance and hour. A price holds until the next observation of
 * the same region; the first observation is time 0.
 */
function read(files: readonly string[], context: TraceContext): { steps: PriceStep[]; report: SourceReport } {
  const report = emptyReport('spot-prices', [...files]);
  const issues = new IssueLog(report, context);
  const rows = new Rows(files, TABLE, report, issues);
  const region = String(context.options['region']);
  const steps: PriceStep[] = [];
  let others = 0;
  while (rows.next()) {
    if (region !== '' && rows.repeated(REGION) !== region) {
      others++;
      continue;
    }
    const time = DateTime.fromISO(rows.text(TIME).trim().replace(' ', 'T'), { zone: 'utc' });
    const price = rows.number(PRICE);
    if (!time.isValid) rows.skip(TIME, 'E_SPOT_VALUE', 'must be a time such as 2026-02-27 21:02:32+00:00');
    else if (!(price >= 0)) rows.skip(PRICE, 'E_SPOT_VALUE', 'must be a price of at least 0');
    else {
      report.rowsKept++;
      steps.push({ timeUs: time.toMillis() * 1000, price });
    }
  }
  issues.flush();
  if (others > 0) report.notes.set('rows of other regions', String(others));
  const order = [...steps.keys()].sort(
    (a, b) => (steps[a] as PriceStep).timeUs - (steps[b] as PriceStep).timeUs || a - b,
  );
  const originUs = steps[order[0] ?? 0]?.timeUs ?? 0;
  return {
    steps: order.map((row) => steps[row] as PriceStep).map((step) => ({ ...step, timeUs: step.timeUs - originUs })),
    report,
  };
}

function facts(files: readonly string[]): Record<string, unknown> {
  const rows = factRows(files, TABLE);
  const byRegion = new Map<string, number>();
  let count = 0;
  let lowest = Number.POSITIVE_INFINITY;
  let highest = Number.NEGATIVE_INFINITY;
  while (rows.next()) {
    count++;
    byRegion.set(rows.repeated(REGION), (byRegion.get(rows.repeated(REGION)) ?? 0) + 1);
    const price = rows.number(PRICE);
    if (price < lowest) lowest = price;
    if (price > highest) highest = price;
  }
  rows.close();
  return { rows: count, byRegion: Object.fromEntries(byRegion), lowest, highest };
}

export const spotPrices: TraceFormat = {
  name: 'spot-prices',
  summary: 'observations of EC2 spot prices: what a run would have cost',
  source: 'AWS describe-spot-price-history; docs/traces/spot-prices.md',
  options: { region: { type: 'text', default: '', help: 'only this region or zone; empty = all of them mixed' } },
  detect: ({ head }) => (looksLike(head, TABLE) === 'header' ? 1 : 0),
  holds: () => 'prices',
  facts,
  readPrices: read,
};
