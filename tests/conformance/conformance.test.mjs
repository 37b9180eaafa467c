// The packed package in each engine and each context: a real authenticated stream, and every case of the
// standard, beside the native class.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { EXPECTED } from '../package/scenario.mjs';
import { call, ENGINES, openBrowser } from '../webdriver.mjs';
import { departure } from './known.mjs';
import { startSite } from './site.mjs';

const CONTEXTS = ['window', 'dedicated', 'shared', 'service'];
const engines = process.env.ENGINES?.split(',') ?? ENGINES;

const site = await startSite('native-and-ours.mjs', process.env.CONSUMER);
after(() => site.close());

// Side by side: most of the time they wait.
describe('engines', { concurrency: engines.length }, () => {
  for (const engine of engines) {
    describe(engine, { concurrency: 1 }, () => {
      let browser;
      before(async () => {
        browser = await openBrowser(engine);
        await browser.driver.get(site.url);
        console.log(browser.version);
      });
      after(() => browser?.close());

      const run = (name, context, order) => call(browser.driver, name, context, order);

      // Each makes its strings by ways of its own.
      test('text of every kind is what the decoder makes of it', async () => {
        assert.deepEqual(await call(browser.driver, 'textDifferences', 20_261_123), []);
      });

      test('secrets reach no other origin by a redirect', async () => {
        const results = await call(browser.driver, 'playCredentials', site.servers);
        for (const { played, requests, preflights } of results) {
          assert.ok(played > 250, `only ${played} cases`);
          assert.deepEqual([requests, preflights], [[], []]);
        }
      });

      for (const context of CONTEXTS) {
        test(`an authenticated stream, ${context}`, async () => {
          assert.deepEqual(await run('readStream', context, { url: site.fixture.url }), EXPECTED);
        });

        // The native class is what the cases themselves are held to; once is enough.
        const clients = context === 'window' ? ['native', 'ours'] : ['ours'];
        for (const client of clients) {
          test(`the standard, ${context}, ${client}`, async () => {
            const results = await run('runCases', context, { client, servers: site.servers });
            assert.ok(results.length > 150, `only ${results.length} cases`);
            const failures = results.filter(({ name, error }) => error && !departure(client, engine, name));
            assert.deepEqual(failures, []);
            for (const { name, error } of results) {
              if (error) console.log(`  ${client} departs: ${name}: ${departure(client, engine, name)}`);
            }
          });
        }
      }
    });
  }
});
