// Every message states what happened and then what to do. Without a server.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { source } from '../../lib/sources.mjs';

const { authProblemOf, messageOf, NOT_A_RESPONSE, NOT_READABLE } = await source('messages.ts');
const details = Object.entries(await source('protocol.ts')).filter(([name]) => name.startsWith('DETAIL_'));

const FACTS = {
  status: 403,
  detail: 0,
  type: 'text/plain',
  silence: 30,
  authProblem: undefined,
  sources: 1,
  url: 'https://example.com/events',
};
const REASONS =
  'network timeout stalled mute end status no-content content-type redirect unauthorized auth cors too-large request';
const SECRET = 'hunter2-hunter2';
const of = (reason, facts = {}) => messageOf({ ...FACTS, reason, ...facts });

/** The values of `Authorization` that have a message of their own. */
const AUTH = {
  'no header': null,
  'a doubled scheme': `Bearer Bearer ${SECRET}`,
  'no scheme': SECRET,
  'a missing value': 'Bearer undefined',
};

const all = [
  ...REASONS.split(' ').flatMap((reason) => [
    of(reason),
    ...details.map(([, detail]) => of(reason, { detail })),
    of(reason, { type: 'text/html; charset=utf-8', sources: 7 }),
    of(reason, { type: '' }),
  ]),
  ...Object.values(AUTH).map((value) => of('unauthorized', { authProblem: authProblemOf(value, 'Authorization') })),
  NOT_A_RESPONSE,
  NOT_READABLE,
];

describe('messages', () => {
  test('each_states_what_happened_and_what_to_do', () => {
    for (const message of new Set(all)) {
      const sentences = message.replace(/ URL: .*$/, '').split(/(?<=\.) /);
      assert.ok(sentences.length >= 2, message);
      for (const sentence of sentences) assert.match(sentence, /^[A-Z`].*\.$/s, message);
    }
  });

  test('each_reason_ends_with_the_url', () => {
    for (const reason of REASONS.split(' ')) assert.ok(of(reason).endsWith(` URL: ${FACTS.url}`), reason);
  });

  test('none_repeats_a_header_value', () => {
    for (const message of all) assert.ok(!message.includes(SECRET), message);
  });

  test('refused_credentials_have_a_message_for_each_problem', () => {
    const problems = Object.values(AUTH).map((value) => authProblemOf(value, 'Authorization'));
    assert.equal(new Set(problems).size, problems.length);
    assert.ok(problems.every(Boolean));
    assert.equal(authProblemOf(`Bearer ${SECRET}`, 'Authorization'), undefined);
    assert.equal(authProblemOf(SECRET, 'X-Api-Key'), undefined);
  });

  test('the_timeout_of_several_sources_names_the_limit_of_the_browser', () => {
    assert.match(of('timeout', { sources: 7 }), /browser's limit.*7 sources.*`\.\/shared`.*HTTP\/2/);
    assert.match(of('timeout'), /compression/);
    assert.doesNotMatch(of('timeout'), /limit/);
    assert.match(of('mute'), /30 s.*compression/);
  });

  test('a_cors_refusal_names_the_other_causes', () => {
    assert.match(of('cors'), /path.*401/);
  });
});
