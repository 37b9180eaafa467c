// The examples of docs/llm.md, against a server with the formats of the APIs.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { after, describe, test } from 'node:test';
import { modulesOf } from './modules.mjs';

const modules = await modulesOf('llm');

const chunk = (content) => `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content } }] })}\n\n`;
const named = (type, members) => `event: ${type}\ndata: ${JSON.stringify({ type, ...members })}\n\n`;
const delta = (text) => named('content_block_delta', { index: 0, delta: { type: 'text_delta', text } });

/** The answers by path. `/cut`, `/failed` and `/busy` stand before the path of the API. */
const ANSWERS = {
  '/v1/chat/completions': `${chunk('Hel')}${chunk('lo 🦄')}data: [DONE]\n\n`,
  '/cut/v1/chat/completions': chunk('Hel'),
  '/failed/v1/chat/completions': `${chunk('Hel')}data: {"error":{"message":"The model crashed"}}\n\n`,
  '/v1/messages':
    named('message_start', {}) + named('ping', {}) + delta('Hel') + delta('lo 🦄') + named('message_stop', {}),
  '/failed/v1/messages': delta('Hel') + named('error', { error: { type: 'overloaded_error', message: 'Overloaded' } }),
  '/v1/responses':
    named('response.created', {}) +
    named('response.output_text.delta', { delta: 'Hel' }) +
    named('response.output_text.delta', { delta: 'lo 🦄' }) +
    named('response.completed', {}),
  '/failed/v1/responses': named('response.failed', { response: { error: { message: 'Server error' } } }),
};

let busy = 0;
let open = 0;
const server = createServer((request, response) => {
  if (request.url.startsWith('/busy') && ++busy % 2 === 1) {
    const body = { type: 'error', error: { type: 'overloaded_error', message: 'Please wait' } };
    response.writeHead(529, { 'content-type': 'application/json', 'retry-after': '0' }).end(JSON.stringify(body));
    return;
  }
  if (request.url.startsWith('/refused')) {
    const body = { error: { message: 'Your quota is used up' } };
    response.writeHead(429, { 'content-type': 'application/json', 'retry-after': '0' }).end(JSON.stringify(body));
    return;
  }
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
  open++;
  response.on('close', () => open--);
  if (request.url.startsWith('/endless')) response.write(chunk('Hel'));
  else response.end(ANSWERS[request.url.replace('/busy', '')]);
});
await once(server.listen(0, '127.0.0.1'), 'listening');
const url = `http://127.0.0.1:${server.address().port}`;
after(() => {
  server.closeAllConnections();
  server.close();
});

async function textOf(pieces) {
  let text = '';
  for await (const piece of pieces) text += piece;
  return text;
}

describe('examples of docs/llm.md', { timeout: 60_000 }, () => {
  const { chat, messages, responses, errors, libraries } = modules;
  const hello = [{ role: 'user', content: 'Hello' }];

  test('each API yields the text of the answer', async () => {
    assert.equal(await textOf(chat.chat(url, 'key', hello)), 'Hello 🦄');
    assert.equal(await textOf(messages.message(url, 'key', hello)), 'Hello 🦄');
    assert.equal(await textOf(responses.respond(url, 'key', 'Hello')), 'Hello 🦄');
  });

  test('an answer that is cut is an error, not a short answer', async () => {
    await assert.rejects(textOf(chat.chat(`${url}/cut`, 'key', hello)), { reason: 'end' });
  });

  test('an error inside the stream has the message of the API', async () => {
    await assert.rejects(textOf(chat.chat(`${url}/failed`, 'key', hello)), { message: 'The model crashed' });
    await assert.rejects(textOf(messages.message(`${url}/failed`, 'key', hello)), { message: 'Overloaded' });
    await assert.rejects(textOf(responses.respond(`${url}/failed`, 'key', 'Hello')), { message: 'Server error' });
  });

  test('529 is retried, and the message of a refusal reaches the user', async () => {
    const text = await errors.withRetries(() => textOf(messages.message(`${url}/busy`, 'key', hello)));
    assert.equal(text, 'Hello 🦄');
    const refused = errors.withRetries(() => textOf(chat.chat(`${url}/refused`, 'key', hello)));
    await assert.rejects(refused, ({ message, cause }) => {
      assert.equal(message, 'Your quota is used up');
      assert.equal(cause.status, 429);
      return true;
    });
  });

  test('the signal cancels the request and throws its reason', async () => {
    const controller = new AbortController();
    const reason = new Error('The user pressed stop');
    const reading = async () => {
      for await (const _ of chat.chat(`${url}/endless`, 'key', hello, controller.signal)) controller.abort(reason);
    };
    await assert.rejects(reading(), reason);
    for (const end = Date.now() + 10_000; open > 0 && Date.now() < end; ) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    assert.equal(open, 0);
  });

  test('the responses of the libraries are read', async () => {
    const types = [];
    for await (const { type } of libraries.withAnthropic(url, 'key')) types.push(type);
    assert.equal(types.at(-1), 'message_stop');
    let count = 0;
    for await (const { data } of libraries.withOpenAI(url, 'key')) count += JSON.parse(data).choices.length;
    assert.equal(count, 2);
  });
});
