import { renderToString } from 'solid-js/web';
import { App } from './solid.js';

export const render = () => renderToString(() => <App />);
