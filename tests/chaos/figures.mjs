// Figures as pictures: drawn by a charting library in Chromium, kept as SVG.
import { readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { launch } from '../lib/chromium.mjs';

const { resolve } = createRequire(import.meta.url);
const LIBRARIES = [
  join(dirname(resolve('d3')), '../dist/d3.min.js'),
  join(dirname(resolve('@observablehq/plot')), '../dist/plot.umd.min.js'),
];

/** Draws each of `figures` (`{ file, draw, data }`) into `folder`. `draw` runs in the page, gets the
 *  library and the data, and gives the options of `Plot.plot`. */
export async function keepFigures(folder, figures) {
  const browser = await launch();
  try {
    const page = await browser.newPage();
    for (const path of LIBRARIES) await page.addScriptTag({ content: await readFile(path, 'utf8') });
    for (const { file, draw, data } of figures) {
      const svg = await page.evaluate(drawn, [`${draw}`, data]);
      await writeFile(join(folder, file), `${svg}\n`);
    }
  } finally {
    await browser.close();
  }
}

/** Runs in the page. The background is white, because the drawing may be shown in a dark page. */
function drawn([draw, data]) {
  const options = new Function('Plot', 'data', `return (${draw})(Plot, data);`)(globalThis.Plot, data);
  const style = { background: 'white', color: 'black', fontFamily: 'system-ui, sans-serif' };
  const svg = globalThis.Plot.plot({ width: 900, height: 360, marginLeft: 60, style, ...options });
  svg.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  return new XMLSerializer().serializeToString(svg);
}
