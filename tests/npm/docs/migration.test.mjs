// The snippets of docs/migration.md for clients of Node, old and new: each runs in a process of its own, with the real
// package, against a server that sends events, ends the stream, and continues it after a reconnect.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { promisify } from 'node:util';

const { PROJECT } = process.env;
const run = promisify(execFile);
const guide = await readFile(new URL('../../../docs/migration.md', import.meta.url), 'utf8');
const folder = join(PROJECT, 'migration');
await mkdir(folder, { recursive: true });

const FIRST = ': hello\nretry: 100\n\nid: 1\ndata: one\n\nid: 2\nevent: named\ndata: two\n\ndata: three\n\n';
const SECOND = 'id: 3\ndata: four\n\n';

/** The requests of each snippet, by path. */
const requests = new Map();
const server = createServer((request, response) => {
  const earlier = requests.get(request.url) ?? [];
  requests.set(request.url, [...earlier, request.headers]);
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  if (earlier.length === 0) response.end(FIRST);
  else response.write(SECOND);
});
await once(server.listen(0, '127.0.0.1'), 'listening');
after(() => {
  server.closeAllConnections();
  server.close();
});

/**
 * What the snippets take for granted. The process prints what they render, and ends after the last event. The timer
 * keeps it alive, because the class of undici does not while it waits for its reconnect.
 */
const APPLICATION = `
setInterval(() => {}, 1000);
const token = 'secret';
const session = { accessToken: async () => token, refresh: async () => {} };
const rendered = [];
function render(value) {
  rendered.push(value);
  if (!JSON.stringify(value).includes('four')) return;
  process.stdout.write(JSON.stringify(rendered), () => process.exit(0));
}
`;

/** Returns the snippets of a section. */
function snippetsOf(title) {
  const section = guide.split(/^## /m).find((text) => text.startsWith(title));
  assert.ok(section, `the guide has a section "${title}"`);
  return [...section.matchAll(/^```js\n(.*?)^```/gms)].map(([, code]) => code);
}

/** Runs a snippet. Returns what it rendered and its requests. */
async function rendered(name, code) {
  const url = `http://127.0.0.1:${server.address().port}/${name}`;
  assert.ok(code.includes('https://example.com/events'));
  const file = join(folder, `${name}.mjs`);
  await writeFile(file, `${APPLICATION}${code.replaceAll('https://example.com/events', url)}`);
  const { stdout } = await run(process.execPath, [file], { cwd: PROJECT, timeout: 30_000 });
  const values = JSON.parse(stdout).map((value) =>
    typeof value === 'string' ? value.replace(/^again in [\d.]+ ms$/, 'again') : value,
  );
  return { values, requests: requests.get(`/${name}`) };
}

const DATA = ['one', 'three', 'four'];
const WITH_RETRY = ['one', 'three', 'again', 'four'];

/** For each snippet of a section: what it renders, and whether it sends the token. */
const SECTIONS = {
  'From `eventsource-client`': [
    {
      values: ['hello', { data: 'one' }, { event: 'named', data: 'two' }, { data: 'three' }, 'again', { data: 'four' }],
      token: true,
      initialId: '41',
    },
    { values: ['hello', ...WITH_RETRY], token: true, initialId: '41' },
    {
      values: [
        { id: '1', data: 'one' },
        { id: '2', event: 'named', data: 'two' },
        { data: 'three' },
        { id: '3', data: 'four' },
      ],
    },
    {
      values: [
        { lastEventId: '1', type: 'message', data: 'one' },
        { lastEventId: '2', type: 'named', data: 'two' },
        { lastEventId: '2', type: 'message', data: 'three' },
        { lastEventId: '3', type: 'message', data: 'four' },
      ],
    },
  ],
  'From the `EventSource` of undici': [{ values: DATA }, { values: DATA, token: true }],
  'From `launchdarkly-eventsource`': [
    { values: WITH_RETRY, token: true },
    { values: WITH_RETRY, token: true },
  ],
};

describe('snippets of the migration guide', { timeout: 120_000 }, () => {
  for (const [title, expected] of Object.entries(SECTIONS)) {
    const snippets = snippetsOf(title);
    test(`each snippet of "${title}" is run`, () => assert.equal(snippets.length, expected.length));

    for (const [index, { values, token = false, initialId }] of expected.entries()) {
      test(`${title}, snippet ${index + 1}, delivers the events and resumes`, async () => {
        const name = `${title.replaceAll(/\W+/g, '-').toLowerCase()}-${index + 1}`;
        const found = await rendered(name, snippets[index]);
        assert.deepEqual(found.values, values);
        assert.equal(found.requests.length, 2);
        assert.equal(found.requests[0]['last-event-id'], initialId);
        assert.equal(found.requests[1]['last-event-id'], '2');
        for (const { authorization } of found.requests)
          assert.equal(authorization, token ? 'Bearer secret' : undefined);
      });
    }
  }
});
