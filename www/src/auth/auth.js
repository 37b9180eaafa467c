// A stream with a token of its own: log in, let it expire, revoke it.
import markup from './auth.html?raw';
import './auth.css';
import { Ledger } from '../ledger.js';
import { byId, capitalized, place, seconds } from '../page.js';
import { Session } from '../session.js';
import { Timeline } from '../timeline.js';
import { WAYS } from './ways.js';

place('auth', markup);

const KINDS = { open: 'good', closed: 'bad' };
const form = byId('login');
const timeline = new Timeline(byId('auth-timeline'));
let ledger = new Ledger();
let session;
let source;
let attempts = 0;

form.addEventListener('submit', (event) => {
  event.preventDefault();
  void logIn();
});
byId('revoke').addEventListener('click', revoke);

async function logIn() {
  const way = form.elements.place.value;
  session = new Session(byId('user').value, Number(byId('ttl').value), way === 'cookie' ? 'same-origin' : 'omit');
  ledger = new Ledger();
  showCounts();
  showState({ phase: 'connecting' });
  timeline.add('quiet', `Log in as ${session.user}`, `The token is sent in the ${way}`);
  await open(way);
}

/** Opens the stream, after the event with this ID if there is one. */
async function open(way, lastEventId) {
  source?.close();
  const attempt = ++attempts;
  const renews = byId('renew').checked;
  // Called for every attempt, so that the timeline shows each.
  const headers = (context) => {
    timeline.attempt(context);
    return {};
  };
  try {
    const opened = await WAYS[way](session, { headers, lastEventId, openWhenHidden: false }, renews);
    // Another login was quicker.
    if (attempt !== attempts) return opened.close();
    source = opened;
    watch(source, way, renews);
  } catch (error) {
    timeline.add('bad', 'Not logged in', capitalized(error.message));
  }
}

function watch(opened, way, renews) {
  timeline.watch(opened);
  showState(opened.state);
  opened.addEventListener('connectionstatechange', ({ state }) => showState(state));
  let wasOpen = false;
  opened.addEventListener('open', () => {
    wasOpen = true;
  });
  opened.addEventListener('connectionclose', ({ reason }) => {
    // The URL of a source is fixed, so a new token in the query needs a new source; if the first was refused, so is the next.
    if (way !== 'query' || !renews || reason !== 'unauthorized' || !wasOpen) return;
    session.forget();
    void open(way, opened.lastEventId);
  });
  void count(opened);
}

async function count(opened) {
  try {
    for await (const event of opened) {
      ledger.enter(event);
      showCounts();
    }
  } catch {
    // The source failed for good, and the timeline says why.
  }
}

function showCounts() {
  for (const figure of ['received', 'lost', 'twice']) byId(`auth-${figure}`).textContent = ledger[figure];
}

async function revoke() {
  timeline.add('warn', 'You revoke the token', 'The server ends its streams now');
  try {
    await session.revoke();
  } catch (error) {
    timeline.add('bad', 'Not revoked', capitalized(error.message));
  }
}

function showState({ phase }) {
  byId('auth-state').textContent = capitalized(phase);
  byId('auth-state').className = `badge ${KINDS[phase] ?? 'warn'}`;
  byId('revoke').disabled = phase === 'closed';
}

// Nobody has to press a button to see a token being renewed. A hidden page gives up the connection.
void logIn();

setInterval(() => {
  if (!session) return;
  const left = Math.max(0, session.expiresAt - Date.now());
  byId('expires').textContent = left > 0 ? seconds(left) : 'Expired';
  byId('lifetime').value = left / (session.ttl * 1000);
  byId('tokens').textContent = session.logins;
}, 100);
