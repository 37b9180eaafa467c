// Every message states what happened and then what to do. Without a server.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { source } from '../../lib/sources.mjs';
import { errorTexts, reasons } from './message-texts.mjs';

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
/** These have one message each, which the sources contain as a whole. */
const WITHOUT_FACTS = ['parse', 'csp', 'wasm'];
const REASONS = reasons().filter((reason) => !WITHOUT_FACTS.includes(reason));
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
  ...REASONS.flatMap((reason) => [
    of(reason),
    ...details.map(([, detail]) => of(reason, { detail })),
    of(reason, { type: 'text/html; charset=utf-8', sources: 7 }),
    of(reason, { type: '' }),
  ]),
  ...Object.values(AUTH).map((value) => of('unauthorized', { authProblem: authProblemOf(value, 'Authorization') })),
  NOT_A_RESPONSE,
  NOT_READABLE,
];

/** The expressions that a message may contain, with an example. None is the value of a header or a token. */
const SAFE = {
  MAX_REDIRECTS: '20',
  advice: 'Pass an absolute one.',
  known: 'text/html',
  method: 'GET',
  missing: 'URL',
  name: 'maxRetries',
  'names.join(", ")': 'always, never',
  'parser.#maxEventSize': '1048576',
  'response.status': '404',
  'response.url': 'https://example.com/file.wasm',
  type: 'news',
  what: 'this address. Add it to connect-src.',
  'withoutSecretParts(url)': 'https://example.com/',
};

/** Errors without a fixed text: their messages are tested where they come from. */
const PASSED_ON = [
  // `messageOf`, or the message of another tab's error.
  'new EventSourceError(message,',
  // The problems that the caller's schema finds.
  'new TypeError(issues.map(',
  // A copy of the platform's exception without secrets.
  'new Error(this.#redact(',
  // Its message is dropped, and the reason is `request`.
  'new TypeError()',
  // An event, not an error.
  'new ErrorEvent(',
];

const filled = (text) => text.replace(/\$\{([^}]+)\}/g, (_, expression) => SAFE[expression]);

/** A message states a problem and an advice, or the rule that the value breaks. */
function isComplete(message) {
  const sentences = message.split(/(?<=\.) /);
  return sentences.every((sentence) => /^[A-Z`']/.test(sentence)) && (sentences.length >= 2 || / must /.test(message));
}

describe('messages of all errors in the sources', () => {
  test('each_error_has_a_text_that_the_test_can_read', () => {
    const unknown = errorTexts().filter(
      ({ text, code }) =>
        text === undefined &&
        !PASSED_ON.some((begin) => code.replaceAll(/\s+/g, '').startsWith(begin.replaceAll(' ', ''))),
    );
    assert.deepEqual(unknown, []);
    assert.ok(errorTexts().length > 40);
  });

  test('each_states_what_happened_and_what_to_do', () => {
    const texts = errorTexts().filter(({ text, code }) => text !== undefined && !code.startsWith('new ErrorEvent('));
    const incomplete = texts.filter(({ text }) => !isComplete(filled(text)));
    assert.deepEqual(incomplete, []);
  });

  test('none_contains_the_value_of_a_header_or_a_token', () => {
    for (const { file, text } of errorTexts())
      for (const [, expression] of (text ?? '').matchAll(/\$\{([^}]+)\}/g))
        assert.ok(expression in SAFE, `${file}: is \`${expression}\` never secret? Add it to the list then.`);
  });
});

describe('messages', () => {
  test('each_states_what_happened_and_what_to_do', () => {
    for (const message of new Set(all)) {
      const sentences = message.replace(/ URL: .*$/, '').split(/(?<=\.) /);
      assert.ok(sentences.length >= 2, message);
      for (const sentence of sentences) assert.match(sentence, /^[A-Z`].*\.$/s, message);
    }
  });

  test('each_reason_ends_with_the_url', () => {
    for (const reason of REASONS) assert.ok(of(reason).endsWith(` URL: ${FACTS.url}`), reason);
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
