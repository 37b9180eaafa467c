// Runs the cases by hand: node tests/npm/spec/run.mjs ENGINE CONTEXT CLIENT [part of a name].
import { call, openBrowser } from '../../lib/webdriver.mjs';
import { startSite } from './site.mjs';

const [engine = 'chromium', context = 'window', client = 'ours', only = ''] = process.argv.slice(2);
const site = await startSite('native-and-ours.mjs', process.env.CONSUMER);
const browser = await openBrowser(engine);
try {
  await browser.driver.get(site.url);
  const start = Date.now();
  const results = await call(browser.driver, 'runCases', context, { client, servers: site.servers, only });
  for (const { section, name, error } of results.filter((result) => result.error))
    console.log(`${section}: ${name}\n    ${error}`);
  const failed = results.filter((result) => result.error).length;
  console.log(
    `${browser.version}, ${context}, ${client}: ${results.length - failed} passed, ${failed} failed, ${Date.now() - start} ms`,
  );
} finally {
  await browser.close();
  await site.close();
}
