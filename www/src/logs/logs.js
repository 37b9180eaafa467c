// The server's log as it is written.
import { AuthenticatedEventSource } from 'authenticated-event-source';
import markup from './logs.html?raw';
import './logs.css';
import { LogView } from './log-view.js';
import { byId, place } from '../page.js';
import { post, Session } from '../session.js';

place('logs', markup);

const session = new Session('log reader');
const view = new LogView(byId('log-lines'), showMode);
let lines = 0;

// Browsers hold six connections to a server for all tabs together, so a hidden one gives up its own.
const source = new AuthenticatedEventSource('/logs', { auth: session, openWhenHidden: false });
source.onmessage = ({ data }) => {
  lines += 1;
  view.add(data);
};
source.addEventListener('gap', ({ data }) => view.add(`— ${JSON.parse(data).missed ?? 'Some'} lines were skipped`));
source.onerror = ({ message }) => view.add(`— ${message}`);

byId('follow-log').addEventListener('click', () => view.follow());
byId('burst').addEventListener('click', async () => {
  try {
    await post('/demo/lines', { token: await session.token(), body: { per_second: 5000, seconds: 5 } });
  } catch (error) {
    view.add(`— ${error.message}`);
  }
});

function showMode(isFollowing) {
  byId('log-mode').textContent = isFollowing ? 'Following' : 'Holding still';
  byId('follow-log').hidden = isFollowing;
}

let frames = 0;
let before = { frames, lines };
requestAnimationFrame(function next() {
  frames += 1;
  requestAnimationFrame(next);
});
setInterval(() => {
  byId('line-count').textContent = lines.toLocaleString('en');
  byId('line-rate').textContent = (lines - before.lines).toLocaleString('en');
  byId('frame-rate').textContent = frames - before.frames;
  before = { frames, lines };
}, 1000);
