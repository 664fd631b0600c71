import { existsSync, readFileSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SMALL, Workbench } from './support/program.js';

const BROWSER = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) =>
  existsSync(path),
);

// Texts, not functions: they run in the page, whose types the program does not have.
const LOOK = `({
  title: document.title,
  overflow: document.documentElement.scrollWidth - window.innerWidth,
  heads: [...document.querySelectorAll('main > .scroll thead th')].map((cell) => cell.textContent),
  rows: document.querySelectorAll('main > .scroll tbody tr').length,
  figures: [...document.querySelectorAll('figure')].map((figure) => ({
    id: figure.id,
    height: figure.querySelector('svg').getBoundingClientRect().height,
    marks: figure.querySelectorAll('svg path, svg rect').length,
  })),
  bold: document.querySelectorAll('td b, th b').length,
  ids: [...document.querySelectorAll('[id]')].map((element) => element.id),
  stats: JSON.parse(document.querySelector('#stats').textContent).length,
})`;
interface Seen {
  readonly title: string;
  readonly overflow: number;
  readonly heads: readonly string[];
  readonly rows: number;
  readonly figures: readonly { readonly id: string; readonly height: number; readonly marks: number }[];
  readonly bold: number;
  readonly ids: readonly string[];
  readonly stats: number;
}
const CUT_LABELS = `[...document.querySelectorAll('figure svg')].flatMap((svg) => {
  const frame = svg.getBoundingClientRect();
  return [...svg.querySelectorAll('text')]
    .filter((text) => {
      const box = text.getBoundingClientRect();
      return box.width > 0 && (box.left < frame.left - 1 || box.right > frame.right + 1 || box.bottom > frame.bottom + 1);
    })
    .map((text) => svg.closest('figure').id + ': ' + text.textContent);
})`;

describe.skipIf(BROWSER === undefined)('the page of a comparison, in a real browser', () => {
  let bench: Workbench;
  let browser: Browser;
  beforeAll(async () => {
    bench = new Workbench();
    bench.write(
      'small.yaml',
      SMALL.replace('name: small', 'name: small').replace('{ name: market,', '{ name: "<b>market</b> & co",'),
    );
    const { code, stderr } = bench.run('compare', 'small.yaml', '--seeds', '1..3', '--out', 'out');
    expect(stderr).toBe('');
    expect(code).toBe(0);
    browser = await chromium.launch({ executablePath: BROWSER as string, args: ['--no-sandbox', '--disable-gpu'] });
  });
  afterAll(async () => {
    await browser?.close();
    bench?.remove();
  });

  it.each([1280, 390])('fits a window %i pixels wide, fetches nothing and complains of nothing', async (width) => {
    const page = await browser.newPage({ viewport: { width, height: 900 } });
    const complaints: string[] = [];
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('request', (request) => {
      if (!request.url().startsWith('file:')) complaints.push(request.url());
    });
    await page.goto(`file://${bench.path('out/report.html')}`);
    const seen = (await page.evaluate(LOOK)) as Seen;
    expect(complaints).toEqual([]);
    expect(seen.title).toBe('small · mesosim');
    expect(seen.overflow).toBeLessThanOrEqual(0);
    expect(seen.heads).toEqual(['metric', 'drf', '<b>market</b> & co']);
    expect(seen.bold).toBe(0);
    expect(seen.rows).toBeGreaterThan(15);
    expect(seen.figures.map(({ id }) => id)).toEqual(
      expect.arrayContaining([
        'overview',
        'utilization',
        'wait-cdf',
        'slowdown-cdf',
        'fairness',
        'prices',
        'differences',
      ]),
    );
    for (const { id, height, marks } of seen.figures) {
      expect(height, id).toBeGreaterThan(40);
      expect(marks, id).toBeGreaterThan(3);
    }
    expect(new Set(seen.ids).size).toBe(seen.ids.length);
    expect(seen.stats).toBeGreaterThan(50);
    await page.close();
  });

  it('has no label cut off at the edge of a figure', async () => {
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    await page.goto(`file://${bench.path('out/report.html')}`);
    const cut = await page.evaluate(CUT_LABELS);
    expect(cut).toEqual([]);
    await page.close();
  });

  it('draws the same bytes again', () => {
    const before = readFileSync(bench.path('out/report.html'), 'utf8');
    expect(bench.run('report', 'out').code).toBe(0);
    expect(readFileSync(bench.path('out/report.html'), 'utf8')).toBe(before);
  });
});
