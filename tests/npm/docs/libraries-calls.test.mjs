// The examples of docs/libraries.md for remote calls: tRPC, MCP and GraphQL, with their real servers.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import { until } from '../../lib/wait.mjs';
import { library, modulesOf } from './modules.mjs';
import { startSite, STREAM } from './site.mjs';

const {
  'trpc-router': router,
  'trpc-client': trpc,
  graphql,
} = await modulesOf('libraries', {
  except: ['vueuse', 'htmx', 'mcp-sse'],
});
const LIMIT = { timeout: 90_000 };

/** A log of events that outlives the servers that read it. */
function eventLog() {
  const texts = [];
  const waiting = new Set();
  return {
    append(text) {
      texts.push(text);
      for (const wake of waiting) wake();
    },
    async *after(id, signal) {
      for (let next = id; !signal?.aborted; next++) {
        while (next >= texts.length && !signal?.aborted) {
          await new Promise((resolve) => {
            waiting.add(resolve);
            signal?.addEventListener('abort', resolve);
          });
        }
        if (!signal?.aborted) yield { id: next + 1, text: texts[next] };
      }
    },
  };
}

/** A server of tRPC, and what it received: the tokens and the last event IDs. */
async function startTrpc(t, log, tokens) {
  const { createHTTPHandler } = await library('@trpc/server/adapters/standalone');
  const requests = [];
  const createContext = ({ req }) => {
    requests.push({ token: req.headers.authorization, lastEventId: req.headers['last-event-id'] });
    return { isAllowed: tokens.has(req.headers.authorization), eventsAfter: log.after };
  };
  const handler = () => createHTTPHandler({ router: router.appRouter, createContext });
  const site = await startSite(handler());
  t.after(site.stop);
  return { ...site, requests, start: () => site.start(handler()) };
}

describe('tRPC', { concurrency: true }, () => {
  test('tracked IDs resume after a restart of the server', LIMIT, async (t) => {
    const log = eventLog();
    const { url, requests, start, stop } = await startTrpc(t, log, new Set(['Bearer one']));
    const client = trpc.createClient(url, { accessToken: async () => 'one', refresh: async () => {} });
    const received = [];
    const subscription = client.news.subscribe({}, { onData: ({ id, data }) => received.push(`${id} ${data}`) });
    log.append('a');
    await until('the first event', () => received.length === 1);
    await stop();
    log.append('b');
    log.append('c');
    await start();
    await until('the events of the time without a server', () => received.length === 3);
    assert.deepEqual(received, ['1 a', '2 b', '3 c']);
    assert.equal(requests.at(-1).lastEventId, '1');
    subscription.unsubscribe();
  });

  test(
    'tRPC: an UNAUTHORIZED error with status 200 refreshes the token, and the subscription continues',
    LIMIT,
    async (t) => {
      const log = eventLog();
      const tokens = new Set(['Bearer one']);
      const { url, requests, start, stop } = await startTrpc(t, log, tokens);
      let token = 'one';
      let refreshes = 0;
      const refresh = async () => {
        refreshes++;
        token = 'two';
      };
      const received = [];
      const client = trpc.createClient(url, { accessToken: async () => token, refresh });
      const subscription = client.news.subscribe({}, { onData: ({ id }) => received.push(id) });
      log.append('a');
      await until('the first event', () => received.length === 1);
      tokens.clear();
      tokens.add('Bearer two');
      await stop();
      log.append('b');
      await start();
      await until('the event after the refresh', () => received.length === 2);
      assert.deepEqual(received, ['1', '2']);
      assert.equal(refreshes, 1);
      assert.deepEqual([...new Set(requests.map((request) => request.token))], ['Bearer one', 'Bearer two']);
      subscription.unsubscribe();
    },
  );

  test('a refresh that fails ends the subscription with an error', LIMIT, async (t) => {
    const { url } = await startTrpc(t, eventLog(), new Set());
    const refresh = async () => {
      throw new Error('The session is over');
    };
    const client = trpc.createClient(url, { accessToken: async () => 'one', refresh });
    const [error] = await new Promise((resolve) => client.news.subscribe({}, { onError: (...args) => resolve(args) }));
    assert.match(error.message, /The session is over/);
  });

  test('a server that answers 401 needs no `retryLink`, because the source refreshes by itself', LIMIT, async (t) => {
    const log = eventLog();
    const { createHTTPHandler } = await library('@trpc/server/adapters/standalone');
    const createContext = () => ({ isAllowed: true, eventsAfter: log.after });
    const handle = createHTTPHandler({ router: router.appRouter, createContext });
    const { url, stop } = await startSite((request, response) => {
      if (request.headers.authorization === 'Bearer two') handle(request, response);
      else response.writeHead(401).end();
    });
    t.after(stop);
    let token = 'one';
    const refresh = async () => {
      token = 'two';
    };
    const client = trpc.createClient(url, { accessToken: async () => token, refresh });
    log.append('a');
    let subscription;
    const data = await new Promise((resolve, reject) => {
      subscription = client.news.subscribe({}, { onData: resolve, onError: reject });
    });
    assert.deepEqual(data, { id: '1', data: 'a' });
    subscription.unsubscribe();
  });
});

const schemaParts = {
  typeDefs: 'type Query { a: Int } type Subscription { countdown(from: Int!): Int! }',
  async *countdown(from) {
    for (let i = from; i >= 0; i--) {
      yield { countdown: i };
      await new Promise(setImmediate);
    }
  },
};

/** The listeners of both GraphQL servers, with the same schema. */
const GRAPHQL = {
  async 'GraphQL Yoga'() {
    const { createYoga, createSchema } = await library('graphql-yoga');
    const { typeDefs, countdown } = schemaParts;
    const resolvers = { Subscription: { countdown: { subscribe: (_, { from }) => countdown(from) } } };
    return createYoga({ schema: createSchema({ typeDefs, resolvers }), graphqlEndpoint: '/', logging: false });
  },
  async 'graphql-sse'() {
    const { buildSchema } = await library('graphql');
    const { createHandler } = await library('graphql-sse/lib/use/http');
    const schema = buildSchema(schemaParts.typeDefs);
    schema.getSubscriptionType().getFields().countdown.subscribe = (_, { from }) => schemaParts.countdown(from);
    return createHandler({ schema });
  },
};

const QUERY = 'subscription ($from: Int!) { countdown(from: $from) }';
const auth = { token: () => 'token' };

for (const [name, listener] of Object.entries(GRAPHQL)) {
  test(
    `${name}: the results of a subscription arrive, and \`complete\` ends it after one request`,
    LIMIT,
    async (t) => {
      const handle = await listener();
      const tokens = [];
      const { url, stop } = await startSite((request, response) => {
        tokens.push(request.headers.authorization);
        return handle(request, response);
      });
      t.after(stop);
      const results = [];
      for await (const { data } of graphql.subscribe(url, auth, QUERY, { from: 3 })) results.push(data.countdown);
      assert.deepEqual(results, [3, 2, 1, 0]);
      assert.deepEqual(tokens, ['Bearer token']);
    },
  );

  test(`${name}: leaving the loop ends the request`, LIMIT, async (t) => {
    const handle = await listener();
    let closed;
    const { url, stop } = await startSite((request, response) => {
      closed = once(response, 'close');
      return handle(request, response);
    });
    t.after(stop);
    for await (const _ of graphql.subscribe(url, auth, QUERY, { from: 1_000_000 })) break;
    await closed;
  });
}

test('GraphQL: a subscription whose connection breaks is requested again', LIMIT, async (t) => {
  const responses = [];
  const { url, stop } = await startSite((_, response) => {
    responses.push(response.writeHead(200, STREAM));
    response.write(`retry: 100\nevent: next\ndata: {"data":${responses.length}}\n\n`);
    if (responses.length === 2) response.end('event: complete\ndata:\n\n');
  });
  t.after(stop);
  const results = [];
  for await (const { data } of graphql.subscribe(url, auth, QUERY)) {
    if (results.push(data) === 1) responses[0].destroy();
  }
  assert.deepEqual(results, [1, 2]);
});
