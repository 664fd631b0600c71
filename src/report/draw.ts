import { parse, View } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import type { Figure } from './figures/figure.js';
import { THEME } from './theme.js';

/** Draws a figure as SVG text, without a browser. Ids carry the figure's name, so that several can stand in one page. */
export async function drawSvg(figure: Figure): Promise<string> {
  const spec = { $schema: 'https://vega.github.io/schema/vega-lite/v6.json', config: THEME, ...figure.spec };
  const { spec: lowered } = compile(spec as unknown as TopLevelSpec);
  const view = new View(parse(lowered), { renderer: 'none' });
  const svg = await view.toSVG();
  view.finalize();
  return svg
    .replace(/\bid="([^"]+)"/g, `id="${figure.name}-$1"`)
    .replace(/url\(#([^)]+)\)/g, `url(#${figure.name}-$1)`)
    .replaceAll('xlink:href="#', `xlink:href="#${figure.name}-`);
}
