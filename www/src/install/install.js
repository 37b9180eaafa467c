// What an app needs, ready to be copied.
import markup from './install.html?raw';
import './install.css';
import { byId, place } from '../page.js';

place('install', markup);
for (const button of document.querySelectorAll('[data-copies]')) {
  button.addEventListener('click', () => copy(byId(button.dataset.copies)));
}

async function copy(code) {
  try {
    // There is no clipboard on pages over plain HTTP, except on this machine.
    await navigator.clipboard.writeText(code.textContent);
    byId('copied').textContent = 'Copied.';
  } catch {
    getSelection().selectAllChildren(code);
    byId('copied').textContent = 'Selected. Copy it with your keyboard: this page may not use the clipboard.';
  }
}
