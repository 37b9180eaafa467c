// A Chromium that no tool looks into. An inspector keeps what it saw of every answer, so a browser
// that is driven grows by what was sent to it; this one shows what the package keeps.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { launchAlone } from '../lib/chromium.mjs';
import { serve } from '../lib/static-site.mjs';
import { until } from '../lib/wait.mjs';

/** Opens a page with `clients` (name → settings), which posts their state by itself. */
export async function openAlone(clients, pages) {
  let report;
  const listener = createServer(async (request, response) => {
    report = JSON.parse(await text(request));
    response.end();
  }).listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const site = await serve(pages.folder);
  const alone = JSON.stringify({ ...clients, tellTo: `http://127.0.0.1:${listener.address().port}` });
  const browser = await launchAlone(`${site.url}/page.html?${new URLSearchParams({ alone })}`);
  await until('the page that is alone', () => report);
  return {
    pid: browser.pid,
    state: async (end) => ({ open: report.open, arrived: report.ledgers.filter(({ last }) => last === end).length }),
    report: async () => report.ledgers,
    async close() {
      await browser.close();
      await site.close();
      listener.closeAllConnections();
      listener.close();
    },
  };
}
