// Prints the result of the scenario, and the requests that nock intercepted.
import { Readable } from 'node:stream';
import { AuthenticatedEventSource } from 'authenticated-event-source';
import nock from 'nock';
import scenario from '../scenario.cjs';

nock.disableNetConnect();
const requests = [];
const answer = (code, body) =>
  nock('https://api.example')
    .get('/events')
    .reply(function () {
      const [token, id] = ['authorization', 'last-event-id'].map((name) => this.req.headers[name]?.toString() ?? null);
      requests.push([token, id]);
      return [code, body(), { 'Content-Type': 'text/event-stream' }];
    });
const text = process.env.KIND === 'stream' ? (value) => () => Readable.from([value]) : (value) => () => value;
answer(200, text(scenario.STREAMS[0]));
answer(401, () => '');
answer(200, text(scenario.STREAMS[1]));
const result = await scenario.readTwoStreams(AuthenticatedEventSource, 'https://api.example/events');
console.log(JSON.stringify({ ...result, requests }));
process.exit();
