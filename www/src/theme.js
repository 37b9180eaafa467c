// Light, dark, or as the system has it; the choice is kept for the next visit.
import { byId } from './page.js';

const KEY = 'theme';
const choice = byId('theme');

choice.value = localStorage.getItem(KEY) ?? '';
show();
choice.addEventListener('change', () => {
  localStorage.setItem(KEY, choice.value);
  show();
});

function show() {
  document.documentElement.dataset.theme = choice.value;
}
