// Prints the result of the scenario with the MockAgent of undici, as `dispatcher` or for all requests.
import { AuthenticatedEventSource } from 'authenticated-event-source';
import { fetch, MockAgent, setGlobalDispatcher } from 'undici';
import scenario from '../scenario.cjs';

const agent = new MockAgent();
agent.disableNetConnect();
const requests = [];
const get = (name, headers) => Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1] ?? null;
const pool = agent.get('https://api.example');
const answer = (statusCode, text) =>
  pool.intercept({ path: '/events' }).reply(({ headers }) => {
    requests.push([get('authorization', headers), get('last-event-id', headers)]);
    return { statusCode, data: text, responseOptions: { headers: { 'content-type': 'text/event-stream' } } };
  });
answer(200, scenario.STREAMS[0]);
answer(401, '');
answer(200, scenario.STREAMS[1]);
const options = { dispatcher: { fetch, dispatcher: agent }, global: {}, fetch: { fetch } }[process.env.KIND];
if (process.env.KIND !== 'dispatcher') setGlobalDispatcher(agent);
const result = await scenario.readTwoStreams(AuthenticatedEventSource, 'https://api.example/events', options);
console.log(JSON.stringify({ ...result, requests }));
