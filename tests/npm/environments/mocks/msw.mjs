// Prints the result of the scenario, and the requests that a handler of MSW got for it.
import { AuthenticatedEventSource } from 'authenticated-event-source';
import { http, HttpResponse } from 'msw';
import { setupServer } from 'msw/node';
import scenario from '../scenario.cjs';
import { KINDS } from './streams.mjs';

const body = KINDS[process.env.KIND];
const requests = [];
const mock = setupServer(
  http.get('https://api.example/events', ({ request: { headers } }) => {
    requests.push([headers.get('Authorization'), headers.get('Last-Event-ID')]);
    if (requests.length === 2) return new HttpResponse(null, { status: 401 });
    const isLast = requests.length === 3;
    return new HttpResponse(body(scenario.STREAMS[isLast ? 1 : 0], isLast), {
      headers: { 'Content-Type': 'text/event-stream' },
    });
  }),
);
mock.listen({ onUnhandledRequest: process.env.STREAM ? 'bypass' : 'error' });
const url = process.env.STREAM ?? 'https://api.example/events';
const result = await scenario.readTwoStreams(AuthenticatedEventSource, url);
mock.close();
console.log(JSON.stringify({ ...result, requests }));
