// The packed package in each engine and each context: a real authenticated stream, and every case of the
// standard, beside the native class.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import { EXPECTED } from '../install/scenario.mjs';
import { call, ENGINES, openBrowser } from '../../lib/webdriver.mjs';
import { departure } from './known.mjs';
import { startSite } from './site.mjs';

const CONTEXTS = ['window', 'dedicated', 'shared', 'service'];
const engines = process.env.ENGINES?.split(',') ?? ENGINES;
/** A part of the names of the cases to run, in windows; empty for all tests in all contexts. */
const only = process.env.ONLY ?? '';
const scenarios = JSON.parse(await readFile(new URL('../../scenarios.json', import.meta.url)));
const selectsScenarios = scenarios.some(({ name }) => name.includes(only));
const contexts = only ? CONTEXTS.slice(0, 1) : CONTEXTS;

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

      // Each engine decodes strings in a different way.
      test('text of every kind is what the decoder makes of it', { skip: only !== '' }, async () => {
        assert.deepEqual(await call(browser.driver, 'textDifferences', 20_261_123), []);
      });

      test('secrets reach no other origin by a redirect', { skip: only !== '' }, async () => {
        const results = await call(browser.driver, 'playCredentials', site.servers);
        for (const { played, requests, preflights } of results) {
          assert.ok(played > 250, `only ${played} cases`);
          assert.deepEqual([requests, preflights], [[], []]);
        }
      });

      // Without a filter, or with a filter that selects scenarios by their names.
      test('shared scenarios', async () => {
        const { played, failures } = await call(browser.driver, 'playScenarios', {
          engine,
          servers: site.servers,
          only,
        });
        assert.ok(only || played >= 70, `only ${played} scenarios`);
        assert.deepEqual(failures, []);
      });

      for (const context of contexts) {
        test(`an authenticated stream, ${context}`, { skip: only !== '' }, async () => {
          assert.deepEqual(await run('readStream', context, { url: site.fixture.url }), EXPECTED);
        });

        // The native class checks the cases themselves. One context is enough for that.
        const clients = context === 'window' ? ['native', 'ours'] : ['ours'];
        for (const client of clients) {
          test(`the standard, ${context}, ${client}`, async () => {
            const results = await run('runCases', context, { client, servers: site.servers, only });
            const least = only ? Number(!selectsScenarios) : 150;
            assert.ok(
              results.length >= least,
              `${results.length} cases have "${only}" in their name, not ${least} or more`,
            );
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
