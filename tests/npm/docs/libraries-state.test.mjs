// The examples of docs/libraries.md for PocketBase, RxJS and TanStack Query.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { until } from '../../lib/wait.mjs';
import { library, modulesOf } from './modules.mjs';
import { jsonOf, startSite, STREAM } from './site.mjs';

const modules = await modulesOf('libraries', {
  only: ['global-class', 'pocketbase', 'rxjs', 'tanstack-query'],
});
const LIMIT = { timeout: 90_000 };
const auth = { token: () => 'token' };

/** A server that sends numbered events and then `rest`. `open` has the streams, `tokens` what they were sent. */
async function startStream(t, { type = 'message', count, last = '', data = (id) => `event ${id}` }) {
  const open = new Set();
  const tokens = [];
  const site = await startSite((request, response) => {
    tokens.push(request.headers.authorization);
    open.add(response);
    response.on('close', () => open.delete(response));
    response.writeHead(200, STREAM);
    for (let id = 1; id <= count; id++) response.write(`event: ${type}\nid: ${id}\ndata: ${data(id)}\n\n`);
    response.write(last);
  });
  t.after(site.stop);
  return { ...site, open, tokens };
}

const expected = (count) => Array.from({ length: count }, (_, index) => `event ${index + 1}`);

test('the global class sends the token to its origin, and to no other', LIMIT, async (t) => {
  const ours = await startStream(t, { count: 1 });
  const other = await startStream(t, { count: 1 });
  const before = globalThis.EventSource;
  t.after(() => {
    globalThis.EventSource = before;
  });
  modules['global-class'].replaceEventSource(ours.origin, auth);
  for (const { url } of [ours, other]) {
    const source = new EventSource(url);
    await once(source, 'message');
    assert.ok(source instanceof EventSource);
    source.close();
  }
  assert.deepEqual(ours.tokens, ['Bearer token']);
  assert.deepEqual(other.tokens, [undefined]);
});

/** A server with the realtime protocol of PocketBase: `PB_CONNECT`, and subscriptions by POST. */
async function startPocketBase(t) {
  const streams = [];
  const tokens = [];
  let clients = 0;
  const listener = async (request, response) => {
    if (request.method === 'GET') {
      tokens.push(request.headers.authorization);
      streams.push(response.writeHead(200, STREAM));
      const clientId = `client${++clients}`;
      response.write(`id: ${clientId}\nevent: PB_CONNECT\ndata: {"clientId":"${clientId}"}\n\n`);
      return;
    }
    const { clientId, subscriptions } = await jsonOf(request);
    response.writeHead(204).end();
    assert.equal(clientId, `client${clients}`);
    const record = JSON.stringify({ action: 'create', record: { id: `record${clients}` } });
    for (const topic of subscriptions) streams.at(-1).write(`event: ${topic}\ndata: ${record}\n\n`);
  };
  const site = await startSite(listener);
  t.after(site.stop);
  return { ...site, tokens, streams };
}

test('PocketBase: realtime events arrive with the token, also after a restart of the server', LIMIT, async (t) => {
  const before = globalThis.EventSource;
  t.after(() => {
    globalThis.EventSource = before;
  });
  const { url, tokens, start, stop } = await startPocketBase(t);
  const client = modules.pocketbase.connect(url);
  client.authStore.save('secret', null);
  const received = [];
  await client.collection('posts').subscribe('*', ({ record }) => received.push(record.id));
  await until('the first record', () => received.length === 1);
  await stop();
  await start();
  await until('the record after the restart', () => received.length === 2);
  assert.deepEqual(received, ['record1', 'record2']);
  assert.deepEqual([...new Set(tokens)], ['Bearer secret']);
  await client.collection('posts').unsubscribe();
});

test('RxJS: every event is emitted, and unsubscribing closes the connection', LIMIT, async (t) => {
  const { url, open, tokens } = await startStream(t, { count: 50, type: 'metrics' });
  const received = [];
  const subscription = modules.rxjs.fromEvents(url, auth).subscribe(({ data }) => received.push(data));
  await until('all events', () => received.length === 50);
  assert.deepEqual(received, expected(50));
  subscription.unsubscribe();
  await until('the end of the connection', () => open.size === 0);
  assert.deepEqual(tokens, ['Bearer token']);
});

test('RxJS: a permanent failure is an error, and 204 completes', LIMIT, async (t) => {
  const site = await startSite((request, response) => response.writeHead(Number(request.url.slice(1))).end());
  t.after(site.stop);
  const { lastValueFrom } = await library('rxjs');
  await assert.rejects(lastValueFrom(modules.rxjs.fromEvents(`${site.url}/403`, auth)), { reason: 'status' });
  const nothing = lastValueFrom(modules.rxjs.fromEvents(`${site.url}/204`, auth), { defaultValue: 'nothing' });
  assert.equal(await nothing, 'nothing');
});

test('TanStack Query: the query has the latest events, and its last observer closes the stream', LIMIT, async (t) => {
  const { url, open, tokens } = await startStream(t, { count: 150 });
  const { QueryClient, QueryObserver } = await library('@tanstack/query-core');
  const client = new QueryClient();
  t.after(() => client.clear());
  const observer = new QueryObserver(client, modules['tanstack-query'].newsQuery(url, auth));
  const end = observer.subscribe(() => {});
  await until('all events', () => observer.getCurrentResult().data?.at(-1)?.lastEventId === '150');
  assert.deepEqual(
    observer.getCurrentResult().data.map(({ data }) => data),
    expected(150).slice(-100),
  );
  end();
  await until('the end of the stream', () => open.size === 0);
  assert.equal(tokens.length, 1);
});

test('TanStack Query: a permanent failure is the error of the query, after one request', LIMIT, async (t) => {
  let requests = 0;
  const site = await startSite((_, response) => {
    requests++;
    response.writeHead(403).end();
  });
  t.after(site.stop);
  const { QueryClient, QueryObserver } = await library('@tanstack/query-core');
  const client = new QueryClient();
  const observer = new QueryObserver(client, modules['tanstack-query'].newsQuery(site.url, auth));
  t.after(observer.subscribe(() => {}));
  await until('the error', () => observer.getCurrentResult().isError);
  assert.equal(observer.getCurrentResult().error.reason, 'status');
  assert.equal(requests, 1);
});

test('TanStack Query: events change the cache', LIMIT, async (t) => {
  const data = (id) => JSON.stringify({ symbol: `S${id % 2}`, value: id });
  const { url } = await startStream(t, { count: 10, type: 'price', data });
  const { QueryClient } = await library('@tanstack/query-core');
  const client = new QueryClient();
  t.after(() => client.clear());
  t.after(modules['tanstack-query'].followPrices(client, url, auth));
  await until('the last price', () => client.getQueryData(['price', 'S0'])?.value === 10);
  assert.equal(client.getQueryData(['price', 'S1']).value, 9);
});
