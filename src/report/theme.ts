/** Colours that colour-blind readers tell apart (Okabe and Ito, Color Universal Design, 2008), darkest first. */
export const COLOURS = ['#0072B2', '#D55E00', '#009E73', '#CC79A7', '#E69F00', '#56B4E9', '#000000', '#999999'];
/** Dashes tell lines apart in print without colour. */
export const DASHES = [
  [1, 0],
  [6, 3],
  [2, 2],
  [8, 3, 2, 3],
  [4, 1],
  [1, 3],
  [10, 2],
  [3, 5],
];

const INK = '#222222';
const FAINT = '#e4e4e4';

/** Vega-Lite config of every figure: a paper's column, sans serif, thin grid, no frame. */
export const THEME = {
  background: 'white',
  font: 'Helvetica, Arial, "Liberation Sans", sans-serif',
  padding: 6,
  view: { stroke: null },
  axis: {
    labelFontSize: 11,
    titleFontSize: 11,
    titleFontWeight: 'normal',
    labelColor: INK,
    titleColor: INK,
    domainColor: '#888888',
    tickColor: '#888888',
    gridColor: FAINT,
    titlePadding: 6,
    labelLimit: 160,
  },
  legend: {
    orient: 'top',
    direction: 'horizontal',
    title: null,
    labelFontSize: 11,
    labelColor: INK,
    labelLimit: 240,
    symbolStrokeWidth: 2,
    symbolSize: 120,
    columnPadding: 14,
    offset: 8,
  },
  header: {
    labelFontSize: 11,
    labelFontWeight: 'bold',
    labelColor: INK,
    titleFontSize: 11,
    title: null,
    labelPadding: 4,
  },
  range: { category: COLOURS },
  line: { strokeWidth: 1.6 },
};

/** Width and height of one panel in pixels. */
export const PANEL = { width: 440, height: 190 };
export const SMALL_PANEL = { width: 440, height: 110 };

/** Labels of an axis: 0.25, 10, 2k, 3M. Vega's own SI format takes one prefix for the whole axis (`0.01k`), or milli for shares. */
export const PLAIN_LABEL =
  "abs(datum.value) >= 1e6 ? format(datum.value / 1e6, '~r') + 'M' : abs(datum.value) >= 1e3 ? format(datum.value / 1e3, '~r') + 'k' : format(datum.value, '~r')";
