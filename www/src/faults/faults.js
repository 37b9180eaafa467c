// The state of the page's stream, the buttons that break it, and the count of what arrived.
import markup from './faults.html?raw';
import './faults.css';
import '../style/timeline.css';
import { connect, onAttempt, onSource, session } from '../live.js';
import { Ledger } from '../ledger.js';
import { byId, place, seconds } from '../page.js';
import { post } from '../session.js';
import { Timeline } from '../timeline.js';

place('faults', markup);

const KINDS = { open: 'good', closed: 'bad' };
const timeline = new Timeline(byId('timeline'));
const ledger = new Ledger();
let state = { phase: 'connecting' };
let reconnects = 0;
let gaps = 0;

onAttempt((context) => timeline.attempt(context));
onSource((source) => {
  timeline.watch(source);
  source.addEventListener('connectionstatechange', (event) => showState(event.state));
  source.addEventListener('open', ({ resumed }) => {
    if (resumed) byId('reconnects').textContent = ++reconnects;
  });
  source.addEventListener('gap', () => {
    byId('gaps').textContent = ++gaps;
    byId('gaps').className = 'bad';
  });
  void count(source);
});

/** Every event of every type, in order. The loop ends when the source is closed. */
async function count(source) {
  try {
    for await (const event of source) {
      ledger.enter(event);
      showCount(event.lastEventId);
    }
  } catch {
    // The source failed for good: the timeline says why, and there is a button to go on.
  }
}

function showCount(lastEventId) {
  for (const figure of ['received', 'lost', 'twice']) byId(figure).textContent = ledger[figure];
  byId('lost').className = ledger.lost === 0 ? 'good' : 'bad';
  byId('twice').className = ledger.twice === 0 ? 'good' : 'bad';
  byId('last-event-id').textContent = lastEventId;
}

function showState(next) {
  state = next;
  byId('state').textContent = state.phase;
  byId('state').className = `badge ${KINDS[state.phase] ?? 'warn'}`;
  byId('connect-again').hidden = state.phase !== 'closed';
  showCountdown();
}

function showCountdown() {
  const left = state.phase === 'waiting' ? state.since + state.nextRetryIn - Date.now() : 0;
  byId('countdown').textContent = left > 0 ? `next attempt in ${seconds(left)}` : '';
}
setInterval(showCountdown, 100);

byId('connect-again').addEventListener('click', connect);
for (const button of document.querySelectorAll('[data-kind]')) {
  button.addEventListener('click', () => ask(button));
}

/** Asks the server to do it to the streams of this visitor. */
async function ask({ dataset: { kind, seconds = 2 }, firstChild }) {
  timeline.add('warn', `You asked for: ${firstChild.textContent}`, '');
  try {
    await post('/demo/faults', { token: await session.token(), body: { kind, seconds: Number(seconds) } });
  } catch (error) {
    timeline.add('bad', 'The server did not take the wish', error.message);
  }
}
