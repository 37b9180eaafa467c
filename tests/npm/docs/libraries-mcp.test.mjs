// The examples of docs/libraries.md for the MCP TypeScript SDK, with its real client and server.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { cp, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { until } from '../../lib/wait.mjs';
import { bundled, library, modulesOf, PROJECT, textOf } from './modules.mjs';
import { jsonOf, startSite } from './site.mjs';

const LIMIT = { timeout: 90_000 };
const SDK = '@modelcontextprotocol/sdk';
const PROTOCOL = '2025-06-18';

/** A folder in which the SDK finds this package under the name `eventsource`, where npm places it with `overrides`. */
const folder = join(PROJECT, 'documents', 'overridden');

before(async () => {
  const packages = join(PROJECT, 'node_modules');
  await rm(folder, { recursive: true, force: true });
  await mkdir(join(folder, 'node_modules'), { recursive: true });
  const isOwn = (path) => !path.includes(join(SDK, 'node_modules'));
  await cp(join(packages, SDK), join(folder, 'node_modules', SDK), { recursive: true, filter: isOwn });
  await cp(join(packages, 'authenticated-event-source'), join(folder, 'node_modules', 'eventsource'), {
    recursive: true,
  });
});

/** A server of the SDK with one tool, which reports its progress first. */
async function server() {
  const { McpServer } = await library(`${SDK}/server/mcp.js`);
  const { z } = await library('zod');
  const mcp = new McpServer({ name: 'test', version: '1.0.0' }, { capabilities: { logging: {} } });
  const inputSchema = { name: z.string() };
  mcp.registerTool('greet', { inputSchema }, async ({ name }, { sendNotification }) => {
    await sendNotification({ method: 'notifications/message', params: { level: 'info', data: 'working' } });
    return { content: [{ type: 'text', text: `Hello ${name}` }] };
  });
  return mcp;
}

/** Answers the requests of OAuth: the metadata, and tokens for the refresh token. */
function oauth(url, path, refreshes) {
  if (path.startsWith('/.well-known/oauth-protected-resource')) return { resource: url, authorization_servers: [url] };
  if (path.startsWith('/.well-known/oauth-authorization-server')) {
    return {
      issuer: url,
      authorization_endpoint: `${url}/authorize`,
      token_endpoint: `${url}/token`,
      response_types_supported: ['code'],
      code_challenge_methods_supported: ['S256'],
    };
  }
  if (path !== '/token') return undefined;
  refreshes.push(path);
  return { access_token: 'fresh', token_type: 'Bearer', refresh_token: 'next' };
}

/** A server with the transport SSE, which accepts the token `fresh`. */
async function startSse(t) {
  const { SSEServerTransport } = await library(`${SDK}/server/sse.js`);
  const transports = new Map();
  const refreshes = [];
  const site = await startSite(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url, site.url);
    const answer = oauth(site.url, pathname, refreshes);
    if (answer) return response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
    if (pathname === '/forbidden') return response.writeHead(403).end();
    if (request.headers.authorization !== 'Bearer fresh') {
      const challenge = `Bearer resource_metadata="${site.url}/.well-known/oauth-protected-resource"`;
      return response.writeHead(401, { 'www-authenticate': challenge }).end();
    }
    if (pathname === '/sse') {
      const transport = new SSEServerTransport('/messages', response);
      transports.set(transport.sessionId, transport);
      return (await server()).connect(transport);
    }
    return transports.get(searchParams.get('sessionId')).handlePostMessage(request, response);
  });
  t.after(site.stop);
  return { url: site.url, refreshes };
}

/** An OAuth client whose access token is no longer valid. */
function expired() {
  let tokens = { access_token: 'old', token_type: 'Bearer', refresh_token: 'refresh' };
  return {
    redirectUrl: 'http://localhost/callback',
    clientMetadata: { redirect_uris: ['http://localhost/callback'] },
    clientInformation: () => ({ client_id: 'test' }),
    tokens: () => tokens,
    saveTokens: (next) => {
      tokens = next;
    },
    redirectToAuthorization: () => assert.fail('The refresh token is enough'),
    saveCodeVerifier: () => {},
    codeVerifier: () => '',
  };
}

test('the overrides in the document name this package', async () => {
  const [, json] = (await textOf('libraries')).match(/^```json\n(.*?)^```/ms);
  assert.match(JSON.parse(json).overrides[SDK].eventsource, /^npm:authenticated-event-source@/);
});

test('MCP over SSE: after a 401 the SDK refreshes its token, and calls the tool', LIMIT, async (t) => {
  const { url, refreshes } = await startSse(t);
  const { connect } = await bundled('libraries', 'mcp-sse', folder);
  const client = await connect(`${url}/sse`, expired());
  t.after(() => client.close());
  const { content } = await client.callTool({ name: 'greet', arguments: { name: 'Ada' } });
  assert.deepEqual(content, [{ type: 'text', text: 'Hello Ada' }]);
  assert.equal(refreshes.length, 1);
});

test('MCP over SSE: `code` is the status of the response', LIMIT, async (t) => {
  const { url } = await startSse(t);
  const { connect } = await bundled('libraries', 'mcp-sse', folder);
  await assert.rejects(connect(`${url}/forbidden`, expired()), ({ code, event }) => {
    assert.equal(code, 403);
    // Only this package has a `reason`: the SDK did not use its own `eventsource`.
    assert.equal(event.reason, 'status');
    return true;
  });
});

/** Events of a stream that the server keeps for a resumption. */
function eventStore() {
  const kept = [];
  return {
    async storeEvent(stream, message) {
      kept.push({ stream, message });
      return String(kept.length);
    },
    async getStreamIdForEventId(id) {
      return kept[Number(id) - 1]?.stream;
    },
    async replayEventsAfter(id, { send }) {
      const { stream } = kept[Number(id) - 1];
      for (const [index, event] of kept.entries()) {
        if (index >= Number(id) && event.stream === stream) await send(String(index + 1), event.message);
      }
      return stream;
    },
  };
}

test('MCP over Streamable HTTP: messages of a call are read, and notifications resume', LIMIT, async (t) => {
  const { StreamableHTTPServerTransport } = await library(`${SDK}/server/streamableHttp.js`);
  const modules = await modulesOf('libraries', { only: ['mcp-streamable-http'] });
  const { call, notifications } = modules['mcp-streamable-http'];
  const transport = new StreamableHTTPServerTransport({
    sessionIdGenerator: randomUUID,
    eventStore: eventStore(),
    retryInterval: 100,
  });
  const mcp = await server();
  await mcp.connect(transport);
  const streams = [];
  const { url, stop } = await startSite(async (request, response) => {
    if (request.method === 'GET') streams.push({ response, lastEventId: request.headers['last-event-id'] });
    const body = request.method === 'POST' ? await jsonOf(request) : undefined;
    await transport.handleRequest(request, response, body);
  });
  t.after(stop);

  const clientInfo = { name: 'test', version: '1' };
  const params = { protocolVersion: PROTOCOL, capabilities: {}, clientInfo };
  for await (const { result } of call(url, {}, { id: 1, method: 'initialize', params })) {
    assert.equal(result.protocolVersion, PROTOCOL);
  }
  const headers = { 'Mcp-Session-Id': transport.sessionId, 'MCP-Protocol-Version': PROTOCOL };

  const received = [];
  const source = notifications(url, { token: () => 'token' }, headers);
  t.after(() => source.close());
  source.onmessage = ({ data }) => data && received.push(JSON.parse(data).params.data);
  await new Promise((resolve) => source.addEventListener('open', resolve, { once: true }));
  await mcp.server.sendLoggingMessage({ level: 'info', data: 'one' });
  await until('the first notification', () => received.length === 1);
  streams[0].response.destroy();
  await mcp.server.sendLoggingMessage({ level: 'info', data: 'two' });
  await until('the notification of the time without a connection', () => received.length === 2);
  assert.deepEqual(received, ['one', 'two']);
  assert.ok(streams[1].lastEventId);

  const messages = [];
  const request = { id: 2, method: 'tools/call', params: { name: 'greet', arguments: { name: 'Ada' } } };
  for await (const message of call(url, headers, request)) messages.push(message);
  assert.deepEqual(
    messages.map(({ method, result }) => method ?? result.content[0].text),
    ['notifications/message', 'Hello Ada'],
  );
});
