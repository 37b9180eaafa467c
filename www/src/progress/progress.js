// Starts tasks on the server, and follows each over a stream of its own.
import { AuthenticatedEventSource } from 'authenticated-event-source';
import markup from './progress.html?raw';
import './progress.css';
import { addOnTop, byId, element, place } from '../page.js';
import { post } from '../session.js';

place('progress', markup);
byId('start-task').addEventListener('click', start);
let started = 0;

async function start() {
  // One at a time: browsers hold six connections to a server, and the page needs some itself.
  byId('start-task').disabled = true;
  const row = addRow(`Task ${++started}`);
  try {
    const response = await post('/api/tasks', { body: { fail: byId('task-fails').checked } });
    const { taskId } = await response.json();
    follow(taskId, row);
  } catch (error) {
    row.show('bad', error.message);
    finish();
  }
}

function finish() {
  byId('start-task').disabled = false;
}

function follow(taskId, row) {
  const source = new AuthenticatedEventSource(`/api/tasks/${taskId}/progress`, { parse: 'json' });
  source.onmessage = ({ data: task }) => {
    row.bar.value = task.progress;
    if (task.status === 'completed') row.show('good', task.result.data);
    else if (task.status === 'failed') row.show('bad', task.result.error);
    else row.show('quiet', `${task.progress} %`);
    if (!task.result) return;
    source.close();
    finish();
  };
  source.onerror = ({ message, willRetry }) => row.show(willRetry ? 'warn' : 'bad', message);
  source.addEventListener('connectionclose', finish);
}

function addRow(name) {
  const [item, text, bar] = [element('li', ''), element('span', 'quiet', 'Starting'), element('progress', '')];
  bar.max = 100;
  bar.value = 0;
  bar.setAttribute('aria-label', name);
  item.append(element('span', '', name), text, bar);
  addOnTop(byId('tasks'), item, 5);
  const show = (kind, message) => {
    text.className = kind;
    text.textContent = message;
  };
  return { bar, show };
}
