// Clients in a dedicated or a shared worker: the first message opens them, later ones ask.
import { AuthenticatedEventSource } from './dist/index.js';
import { openClients } from './client.mjs';

let clients;

function serve(port) {
  port.onmessage = ({ data: [question, argument] }) => {
    if (question === 'open') clients = openClients(AuthenticatedEventSource, argument);
    port.postMessage(question === 'open' ? undefined : clients[question](argument));
  };
}

if ('onconnect' in globalThis) globalThis.onconnect = ({ ports: [port] }) => serve(port);
else serve(globalThis);
