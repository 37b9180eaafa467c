// The state of the page's stream, the buttons that break it, and the count of what arrived.
import markup from './faults.html?raw';
import './faults.css';
import '../style/timeline.css';
import { connect, onAttempt, onSource, session } from '../live.js';
import { Ledger } from '../ledger.js';
import { byId, capitalized, place, seconds, shortId } from '../page.js';
import { post } from '../session.js';
import { receive, startNative, sufferer } from '../strip/strip.js';
import { Timeline } from '../timeline.js';

place('faults', markup);

/** Milliseconds until the page breaks its stream by itself. */
const FIRST_FAULT = 6000;
const KINDS = { open: 'good', closed: 'bad' };
const timeline = new Timeline(byId('timeline'));
const ledger = new Ledger();
let state = { phase: 'connecting' };
let reconnects = 0;
let gaps = 0;
let hasPressed = false;

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
      receive(event);
      showCount(event.lastEventId);
    }
  } catch {
    // The source failed for good. The timeline says why, and a button connects again.
  }
}

function showCount(lastEventId) {
  for (const figure of ['received', 'lost', 'twice']) byId(figure).textContent = ledger[figure];
  byId('lost').className = ledger.lost === 0 ? 'good' : 'bad';
  byId('twice').className = ledger.twice === 0 ? 'good' : 'bad';
  byId('last-event-id').textContent = shortId(lastEventId);
  byId('last-event-id').title = lastEventId;
}

function showState(next) {
  state = next;
  byId('state').textContent = capitalized(state.phase);
  byId('state').className = `badge ${KINDS[state.phase] ?? 'warn'}`;
  byId('connect-again').hidden = state.phase !== 'closed';
  showCountdown();
}

function showCountdown() {
  const left = state.phase === 'waiting' ? state.since + state.nextRetryIn - Date.now() : 0;
  byId('countdown').textContent = left > 0 ? `Next attempt in ${seconds(left)}` : '';
}
setInterval(showCountdown, 100);

byId('connect-again').addEventListener('click', connect);
for (const button of document.querySelectorAll('[data-kind]')) {
  button.addEventListener('click', () => {
    hasPressed = true;
    void request(
      button.dataset.kind,
      Number(button.dataset.seconds ?? 2),
      `You asked for: ${button.firstChild.textContent}`,
    );
  });
}

/** Asks the server for a fault, for the streams of this visitor and for the browser's own class beside them. */
async function request(kind, seconds, text) {
  timeline.add('warn', text, '');
  const fault = { kind, seconds };
  try {
    await Promise.all(
      [session, sufferer].map(async (user) => post('/demo/faults', { token: await user.token(), body: fault })),
    );
  } catch (error) {
    timeline.add('bad', 'The server did not accept the fault', capitalized(error.message));
  }
}

void startNative();

/** Breaks the stream once by itself, so that a visitor sees a recovery without a click. */
setTimeout(() => {
  const wantsStillness = matchMedia('(prefers-reduced-motion: reduce)').matches;
  if (wantsStillness || hasPressed || document.hidden || state.phase !== 'open') return;
  void request('unavailable', 3, 'The page shows a restart of the server: 503 for 3 s');
}, FIRST_FAULT);
