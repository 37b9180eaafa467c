import { mount as mountApp } from 'svelte';
import App from './App.svelte';

export const mount = (target: HTMLElement) => mountApp(App, { target });
