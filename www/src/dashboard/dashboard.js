// Figures, charts and notifications, from the page's stream.
import markup from './dashboard.html?raw';
import './dashboard.css';
import { Chart } from './chart.js';
import { onSource } from '../live.js';
import { addOnTop, byId, element, place } from '../page.js';

place('dashboard', markup);

const charts = {
  cpu: new Chart(byId('cpu-chart'), [0, 100]),
  memory: new Chart(byId('memory-chart')),
  users: new Chart(byId('users-chart')),
};

onSource((source) => {
  source.addEventListener('metrics', showMetrics);
  source.addEventListener('notification', showNotification);
});

function showMetrics({ data }) {
  const { cpu, memory, activeUsers } = JSON.parse(data);
  byId('cpu').textContent = `${cpu.toFixed(1)} %`;
  byId('memory').textContent = `${Math.round(memory).toLocaleString('en')} MiB`;
  byId('users').textContent = activeUsers;
  charts.cpu.add(cpu);
  charts.memory.add(memory);
  charts.users.add(activeUsers);
}

function showNotification({ data }) {
  const item = element('li', '');
  item.append(element('time', '', new Date().toLocaleTimeString()), JSON.parse(data).message);
  addOnTop(byId('notifications'), item, 20);
  byId('no-notifications').hidden = true;
}
