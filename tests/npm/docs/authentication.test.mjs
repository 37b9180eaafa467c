// The recipes of docs/authentication.md that need no page: DPoP, OIDC clients, and 403 as expiry.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { test } from 'node:test';
import { until } from '../../lib/wait.mjs';
import { library, modulesOf } from './modules.mjs';
import { startSite, STREAM } from './site.mjs';

const modules = await modulesOf('authentication', {
  only: ['dpop-source', 'oidc-client', 'msal', 'forbidden'],
});
const { AuthenticatedEventSource } = await library('authenticated-event-source');
const LIMIT = { timeout: 90_000 };

/** A server that accepts the DPoP proofs of RFC 9449 §4.3, each with the nonce of the last response. */
async function startDpop(t, tokens) {
  const { calculateJwkThumbprint, EmbeddedJWK, jwtVerify } = await library('jose');
  const used = new Set();
  let nonces = 0;
  const accepted = [];
  const challenge = (response, error) => {
    const header = error && { 'www-authenticate': `DPoP error="${error}"` };
    response.writeHead(401, { 'dpop-nonce': `nonce${nonces}`, ...header }).end();
  };
  const site = await startSite(async (request, response) => {
    const [scheme, token] = request.headers.authorization.split(' ');
    assert.equal(scheme, 'DPoP');
    const { payload, protectedHeader } = await jwtVerify(request.headers.dpop, EmbeddedJWK, { typ: 'dpop+jwt' });
    assert.equal(protectedHeader.alg, 'ES256');
    assert.equal(protectedHeader.jwk.d, undefined);
    assert.equal(payload.htm, request.method);
    assert.equal(payload.htu, `${site.url}/events`);
    assert.equal(payload.ath, createHash('sha256').update(token).digest('base64url'));
    assert.ok(Math.abs(Date.now() / 1000 - payload.iat) < 60);
    assert.ok(!used.has(payload.jti), 'each proof is used once');
    used.add(payload.jti);
    if (payload.nonce !== `nonce${nonces}`) return challenge(response, 'use_dpop_nonce');
    if (tokens.get(token) !== (await calculateJwkThumbprint(protectedHeader.jwk))) {
      return challenge(response, 'invalid_token');
    }
    accepted.push(token);
    response.writeHead(200, { ...STREAM, 'dpop-nonce': `nonce${++nonces}` });
    response.end(`retry: 100\nid: ${accepted.length}\ndata: ${token}\n\n`);
  });
  t.after(site.stop);
  // A query is no part of `htu`.
  return { url: `${site.url}/events?a=b`, accepted, used };
}

test('DPoP: proofs are valid, nonces are followed, and a rejected token is refreshed', LIMIT, async (t) => {
  const { calculateJwkThumbprint, exportJWK } = await library('jose');
  const keys = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign']);
  const thumbprint = await calculateJwkThumbprint(await exportJWK(keys.publicKey));
  const tokens = new Map([['one', thumbprint]]);
  const { url, accepted, used } = await startDpop(t, tokens);
  let token = 'one';
  let refreshes = 0;
  const session = {
    accessToken: () => token,
    refresh() {
      refreshes++;
      token = 'two';
    },
  };
  const source = await modules['dpop-source'].connect(url, keys, session);
  t.after(() => source.close());
  await until('a reconnect', () => accepted.length === 2);
  assert.equal(refreshes, 0);
  // The first request had no nonce. The reconnect had the nonce of the stream before.
  assert.equal(used.size, 3);
  tokens.delete('one');
  tokens.set('two', thumbprint);
  await until('the fresh token', () => accepted.includes('two'));
  assert.equal(refreshes, 1);
});

test('403 as expiry: an expired token is refreshed, and a real refusal closes the source', LIMIT, async (t) => {
  const { url, stop } = await startSite((request, response) => {
    const isOurs = request.url === '/expired';
    if (isOurs && request.headers.authorization === 'Bearer two') return response.writeHead(204).end();
    response.writeHead(403, isOurs ? { 'www-authenticate': 'Bearer error="invalid_token"' } : {}).end();
  });
  t.after(stop);
  let token = 'one';
  let refreshes = 0;
  const session = {
    accessToken: () => token,
    refresh() {
      refreshes++;
      token = 'two';
    },
  };
  const auth = modules.forbidden.forbiddenAuth(session);
  const expired = new AuthenticatedEventSource(`${url}/expired`, { auth });
  await once(expired, 'connectionclose');
  assert.equal(refreshes, 1);
  const refused = new AuthenticatedEventSource(`${url}/refused`, { auth });
  const [{ reason, status }] = await once(refused, 'error');
  assert.deepEqual([reason, status, refreshes], ['status', 403, 1]);
});

/** A server with streams and a token endpoint, whose refresh tokens are `refresh1`, `refresh2` and so on. */
async function startOidc(t) {
  const refreshes = [];
  let access = 'fresh';
  const site = await startSite(async (request, response) => {
    if (request.url !== '/token') {
      if (request.headers.authorization !== `Bearer ${access}`) return response.writeHead(401).end();
      return response.writeHead(200, STREAM).write('data: hello\n\n');
    }
    let body = '';
    for await (const part of request) body += part;
    refreshes.push(new URLSearchParams(body).get('refresh_token'));
    const isValid = refreshes.at(-1) === 'refresh1';
    const answer = isValid
      ? { access_token: access, token_type: 'Bearer', refresh_token: 'refresh2', expires_in: 3600 }
      : { error: 'invalid_grant' };
    response.writeHead(isValid ? 200 : 400, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
  });
  t.after(site.stop);
  const revoke = () => {
    access = 'another';
  };
  return { ...site, refreshes, revoke };
}

/** A `UserManager` whose user is signed in with an old access token. */
async function signedIn(t, url, refresh_token) {
  const { InMemoryWebStorage, User, UserManager, WebStorageStateStore } = await library('oidc-client-ts');
  const manager = new UserManager({
    authority: url,
    client_id: 'app',
    redirect_uri: `${url}/callback`,
    metadata: { issuer: url, token_endpoint: `${url}/token`, authorization_endpoint: `${url}/authorize` },
    userStore: new WebStorageStateStore({ store: new InMemoryWebStorage() }),
    automaticSilentRenew: false,
  });
  // Its timers would keep the process alive.
  t.after(() => manager.removeUser());
  const profile = { sub: 'ada', iss: url, aud: 'app', exp: 0, iat: 0 };
  const session = { access_token: 'old', refresh_token, token_type: 'Bearer', profile };
  await manager.storeUser(new User({ ...session, expires_at: Math.floor(Date.now() / 1000) + 3600 }));
  return manager;
}

test('oidc-client-ts: a 401 signs in silently, and the stream opens', LIMIT, async (t) => {
  const { url, refreshes } = await startOidc(t);
  const auth = modules['oidc-client'].oidcAuth(await signedIn(t, url, 'refresh1'));
  for await (const { data } of new AuthenticatedEventSource(url, { auth })) {
    assert.equal(data, 'hello');
    break;
  }
  assert.deepEqual(refreshes, ['refresh1']);
});

test('oidc-client-ts: a session that is over closes the source', LIMIT, async (t) => {
  const { url, refreshes } = await startOidc(t);
  const auth = modules['oidc-client'].oidcAuth(await signedIn(t, url, 'used'));
  const [{ reason, willRetry }] = await once(new AuthenticatedEventSource(url, { auth }), 'error');
  assert.deepEqual([reason, willRetry, refreshes], ['unauthorized', false, ['used']]);
});

/** A client like MSAL: a cache, and a refresh only if it is forced. */
function msal(refresh) {
  let cached = { accessToken: 'old', expiresOn: new Date(Date.now() + 3_600_000) };
  return {
    async acquireTokenSilent({ forceRefresh }) {
      if (forceRefresh) cached = { ...cached, accessToken: await refresh() };
      return cached;
    },
  };
}

test('MSAL: a 401 forces a fresh token', LIMIT, async (t) => {
  const { url } = await startOidc(t);
  const auth = modules.msal.msalAuth(
    msal(() => 'fresh'),
    ['scope'],
  );
  for await (const { data } of new AuthenticatedEventSource(url, { auth })) {
    assert.equal(data, 'hello');
    break;
  }
});

test('MSAL: a sign-in that needs the user closes the source', LIMIT, async (t) => {
  const { url } = await startOidc(t);
  const { InteractionRequiredAuthError } = await library('@azure/msal-browser');
  const refuse = () => {
    throw new InteractionRequiredAuthError('interaction_required');
  };
  const auth = modules.msal.msalAuth(msal(refuse), ['scope']);
  const [{ reason, willRetry }] = await once(new AuthenticatedEventSource(url, { auth }), 'error');
  assert.deepEqual([reason, willRetry], ['unauthorized', false]);
});
