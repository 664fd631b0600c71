import type { DivideView } from '../experiment/divide.js';
import { renderTable, shown } from './table.js';

type Allotment = NonNullable<DivideView['fractional']>;

/** A division as tables: allotments, prices, and the audit. */
export function divideScreen(view: DivideView): string {
  const parts: string[] = [];
  for (const [title, allotment] of [
    ['fractional', view.fractional],
    ['whole tasks', view.whole],
  ] as const) {
    if (allotment !== undefined) parts.push(allotmentTable(`${view.policy}, ${title}`, view, allotment));
  }
  if (view.prices !== undefined) {
    const prices = Object.entries(view.prices).map(([name, price]) => `${name} ${shown(price)}`);
    parts.push(`prices: ${prices.join(', ')}`);
  }
  parts.push(...view.notes.map((note) => `note: ${note}`));
  const marks = { holds: '✓', broken: '✗', 'not applicable': '–' };
  const audit = view.audit.map(({ property, verdict, detail }) => [`${marks[verdict]} ${property}`, detail]);
  if (audit.length > 0) parts.push(renderTable(['audit', ''], audit));
  return parts.join('\n');
}

function allotmentTable(title: string, view: DivideView, { users, leftover, value }: Allotment): string {
  const names = Object.keys(view.resources);
  const hasTasks = users.some((user) => user.tasks !== undefined);
  const hasPayments = users.some((user) => user.payment !== undefined);
  const head = [title, ...(hasTasks ? ['tasks'] : []), ...names, 'dominant share', ...(hasPayments ? ['payment'] : [])];
  const rows = users.map((user) => [
    user.name,
    ...(hasTasks ? [shown(user.tasks ?? Number.NaN)] : []),
    ...names.map((name) => shown(user.amounts[name] ?? 0)),
    shown(user.dominantShare),
    ...(hasPayments ? [shown(user.payment ?? Number.NaN)] : []),
  ]);
  const left = names.map((name) => shown(leftover[name] ?? 0));
  rows.push(['left over', ...(hasTasks ? [''] : []), ...left, '', ...(hasPayments ? [''] : [])]);
  const table = renderTable(
    head,
    rows,
    head.map((_, column) => column > 0),
  );
  return value === undefined ? table : `${table}\nvalue: ${shown(value)}`;
}
