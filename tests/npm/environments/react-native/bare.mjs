// Prints what happens without polyfills.
import './missing.mjs';

const entries = ['', '/event-source', '/fetch-event-source', '/shared', '/observe', '/parser'];
for (const entry of entries) await import(`authenticated-event-source${entry}`);
const { AuthenticatedEventSource } = await import('authenticated-event-source');
let message;
try {
  new AuthenticatedEventSource('https://api.example/events', 'token');
} catch (error) {
  message = error.message;
}
console.log(JSON.stringify(message));
