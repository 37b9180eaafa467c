// The cases in a page: once from the page's own origin, and once from another origin to a third.
import { AuthenticatedEventSource } from 'authenticated-event-source';
import { EventSource } from 'authenticated-event-source/event-source';
import { fetchEventSource } from 'authenticated-event-source/fetch-event-source';
import { AuthenticatedEventSource as Shared } from 'authenticated-event-source/shared';
import { casesOf, entriesOf, playAll } from './cases.mjs';

/** `servers`: the same fault server under three origins (see tests/npm/spec/site.mjs). Returns how many cases were
 *  played, and the requests that reached the origins to which the servers redirect. */
export async function playCredentials({ near, far, control }) {
  const entries = entriesOf({ AuthenticatedEventSource, EventSource, fetchEventSource, Shared });
  const cases = casesOf(entries, true);
  const script = async (server, responses) => server + (await stored(control, responses));
  const results = [];
  for (const [start, target] of [
    [near, far],
    [far, control],
  ]) {
    const path = await stored(control, [{ steps: [{ text: 'data: leaked\n\n' }, { hang: true }] }]);
    const played = await playAll(cases, { entries, near: start, far: target + path, script }, 4);
    const { requests, preflights } = await (await fetch(`${control}${path}/log?timeout=0`)).json();
    results.push({ played, requests, preflights });
  }
  return results;
}

async function stored(control, responses) {
  const answer = await fetch(`${control}/fault/script`, { method: 'POST', body: JSON.stringify({ responses }) });
  const { url, error } = await answer.json();
  if (!url) throw new Error(error);
  return url;
}
