import type { Figure } from './figures/figure.js';
import { meanText, paperRows } from './paper-rows.js';
import type { ResultSet } from './result-set.js';

/** Style of every page. */
export const STYLE = `
:root { --ink: #1c1c1e; --soft: #5f6368; --line: #dcdfe3; --paper: #ffffff; --tint: #f6f8fa; --accent: #0072b2; }
* { box-sizing: border-box; }
body { margin: 0; color: var(--ink); background: var(--paper); font: 15px/1.5 system-ui, "Helvetica Neue", Helvetica, Arial, sans-serif; }
main { max-width: 1080px; margin: 0 auto; padding: 32px 24px 64px; }
h1 { font-size: 26px; line-height: 1.2; margin: 0 0 4px; }
h2 { font-size: 18px; margin: 40px 0 12px; }
p { margin: 0 0 8px; }
.soft { color: var(--soft); }
.note { border-left: 3px solid var(--accent); padding: 4px 12px; margin: 12px 0; background: var(--tint); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: 4px 14px 4px 0; text-align: right; white-space: nowrap; }
th:first-child, td:first-child { text-align: left; }
thead th { border-bottom: 2px solid var(--ink); vertical-align: bottom; }
tbody tr { border-bottom: 1px solid var(--line); }
tbody tr:hover { background: var(--tint); }
tbody th { font-weight: 400; }
td .half { color: var(--soft); font-size: 13px; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 480px), 1fr)); gap: 28px 24px; align-items: start; }
figure { margin: 0; min-width: 0; }
figure svg { max-width: 100%; height: auto; display: block; }
figcaption { color: var(--soft); font-size: 13px; margin-top: 4px; }
figcaption b { color: var(--ink); }
details { margin-top: 12px; } summary { cursor: pointer; }
code { font: 13px ui-monospace, "DejaVu Sans Mono", monospace; }
.runs th, .runs td { text-align: left; }
@media print { .figures { display: block; } figure { break-inside: avoid; margin-bottom: 20px; } }
`;

/** The report as one HTML file: style, figures and data inline, nothing fetched. */
export function page(set: ResultSet, figures: readonly { readonly figure: Figure; readonly svg: string }[]): string {
  const parts = [
    '<!doctype html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>${escapeHtml(set.title)} · mesosim</title>`,
    `<style>${STYLE}</style>`,
    '</head>',
    '<body><main>',
    `<h1>${escapeHtml(set.title)}</h1>`,
    `<p class="soft">${escapeHtml(subtitle(set))}</p>`,
    ...set.notes.map((note) => `<p class="note">${escapeHtml(note)}</p>`),
    ...set.scenarios.map((scenario) => summaryTable(set, scenario)),
    '<h2>Figures</h2>',
    '<div class="figures">',
    ...figures.map(({ figure, svg }) => figureHtml(figure, svg)),
    '</div>',
    '<h2>Runs</h2>',
    runsTable(set),
    `<script type="application/json" id="stats">${jsonForHtml(statsObject(set))}</script>`,
    '</main></body></html>',
    '',
  ];
  return parts.join('\n');
}

function subtitle(set: ResultSet): string {
  const replications = new Set(set.runs.map((run) => run.replication)).size;
  const policies = `${set.policies.length} ${set.policies.length === 1 ? 'policy' : 'policies'}: ${set.policies.join(', ')}`;
  const baseline = set.baseline === '' ? '' : ` · baseline ${set.baseline}`;
  return `${policies} · ${replications} ${replications === 1 ? 'run' : 'replications'} each${baseline} · mesosim ${set.version}`;
}

function summaryTable(set: ResultSet, scenario: string): string {
  const head = set.policies.map((policy) => `<th scope="col">${escapeHtml(policy)}</th>`).join('');
  const rows = paperRows(set, scenario).map(({ label, isPercent, cells }) => {
    const texts = cells.map((cell) => {
      const { mean, half, isDifferent } = meanText(cell, isPercent);
      const interval = half === '' ? '' : ` <span class="half">± ${half}</span>`;
      return `<td>${grouped(mean)}${interval}${isDifferent ? ' <span title="differs from the baseline at 5 %, paired test, Holm">*</span>' : ''}</td>`;
    });
    return `<tr><th scope="row">${escapeHtml(label)}</th>${texts.join('')}</tr>`;
  });
  const heading = set.scenarios.length > 1 ? `Summary: ${scenario}` : 'Summary';
  return [
    `<h2>${escapeHtml(heading)}</h2>`,
    '<div class="scroll"><table>',
    `<thead><tr><th scope="col">metric</th>${head}</tr></thead>`,
    `<tbody>${rows.join('\n')}</tbody>`,
    '</table></div>',
  ].join('\n');
}

/** 1234567 as 1 234 567 with narrow spaces; below ten thousand as it is. */
function grouped(number: string): string {
  return /^-?\d{5,}$/.test(number) ? number.replace(/\B(?=(\d{3})+$)/g, '\u202f') : number;
}

/** A drawn figure with its caption. */
export function figureHtml({ name, title, caption }: Figure, svg: string): string {
  const labelled = svg.replace('<svg ', `<svg role="img" aria-label="${escapeHtml(title)}" `);
  return `<figure id="${name}">${labelled}<figcaption><b>${escapeHtml(title)}.</b> ${escapeHtml(caption)}</figcaption></figure>`;
}

function runsTable(set: ResultSet): string {
  const rows = set.runs.map(
    (run) =>
      `<tr><td>${escapeHtml(run.scenario)}</td><td>${escapeHtml(run.policy)}</td><td>${escapeHtml(run.replication)}</td><td>${run.seed}</td><td><code>${escapeHtml(run.digest)}</code></td></tr>`,
  );
  return [
    '<p class="soft">Equal digests are equal runs. Repeat them with <code>mesosim rerun</code> and this folder.</p>',
    `<details${set.runs.length <= 12 ? ' open' : ''}><summary>${set.runs.length} ${set.runs.length === 1 ? 'run' : 'runs'}</summary><div class="scroll"><table class="runs">`,
    '<thead><tr><th>scenario</th><th>policy</th><th>replication</th><th>seed</th><th>replay digest</th></tr></thead>',
    `<tbody>${rows.join('\n')}</tbody></table></div></details>`,
  ].join('\n');
}

/** Statistics of the cluster and the market for scripts that read the page. */
function statsObject(set: ResultSet): unknown {
  const real = (value: number): number | null => (Number.isFinite(value) ? value : null);
  return set.stats
    .filter((stat) => stat.scope === 'cluster' || stat.scope === 'market')
    .map(({ scenario, policy, scope, name, metric, unit, n, mean, low, high }) => ({
      scenario,
      policy,
      scope,
      name,
      metric,
      unit,
      n,
      mean: real(mean),
      ci95_low: real(low),
      ci95_high: real(high),
    }));
}

/** JSON that cannot end its script element. */
function jsonForHtml(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', '\\u003c');
}

const HTML: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** Text that HTML shows as it is. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => HTML[character] as string);
}
