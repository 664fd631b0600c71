import { describe, expect, it } from 'vitest';
import { escapeLatex, latexTables } from '../../../src/report/latex.js';
import { escapeHtml } from '../../../src/report/page.js';
import { meanText } from '../../../src/report/paper-rows.js';
import type { ResultSet, Stat } from '../../../src/report/result-set.js';

function stat(policy: string, metric: string, mean: number, changes: Partial<Stat> = {}): Stat {
  const none = Number.NaN;
  const interval = { low: none, high: none, diff: none, diffLow: none, diffHigh: none, pAdjusted: none };
  return { scenario: 's', policy, scope: 'cluster', name: '', metric, unit: 's', n: 1, mean, ...interval, ...changes };
}

function setOf(stats: readonly Stat[]): ResultSet {
  const policies = [...new Set(stats.map((entry) => entry.policy))];
  return {
    folder: '',
    title: 's',
    version: '1',
    baseline: policies[0] ?? '',
    notes: [],
    scenarios: ['s'],
    policies,
    runs: [],
    stats,
  };
}

describe('tables for a paper', () => {
  it('escape what LaTeX and HTML would take for themselves', () => {
    expect(escapeLatex('50 % of a_b & c^2 ~ {x} \\ #1 $')).toBe(
      '50 \\% of a\\_b \\& c\\textasciicircum{}2 \\textasciitilde{} \\{x\\} \\textbackslash{} \\#1 \\$',
    );
    expect(escapeHtml(`<a href="x">'&'</a>`)).toBe('&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;&lt;/a&gt;');
  });

  it('have a column per policy, a row per metric, and a star where a policy differs', () => {
    const text = latexTables(
      setOf([
        stat('drf', 'wait_s_mean', 10, { n: 5, low: 8, high: 12 }),
        stat('p[a_b=1]', 'wait_s_mean', 7.25, { n: 5, low: 6.25, high: 8.25, pAdjusted: 0.01 }),
        stat('drf', 'utilization_cpus', 0.5),
        stat('drf', 'preemptions', 0),
        stat('p[a_b=1]', 'preemptions', 0),
      ]),
    ).get('summary.tex');
    const lines = text?.split('\n') ?? [];
    expect(lines).toContain('metric & drf & p[a\\_b=1] \\\\');
    expect(lines).toContain('wait mean (s) & $10 \\pm 2$ & $7.250 \\pm 1.000$* \\\\');
    expect(lines).toContain('cpus utilization (\\%) & $50.0$ & -- \\\\');
    expect(text).not.toContain('preemptions');
    expect(text).toContain('\\begin{tabular}{lrr}');
  });

  it('show no interval for one run, and a dash for what does not apply', () => {
    expect(meanText(stat('a', 'x', 1234.5), false)).toEqual({ mean: '1235', half: '', isDifferent: false });
    expect(meanText(stat('a', 'x', Number.NaN), false).mean).toBe('–');
    expect(meanText(undefined, false).mean).toBe('–');
    expect(meanText(stat('a', 'x', 0.1234), true).mean).toBe('12.3');
  });
});
