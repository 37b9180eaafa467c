// What `require` gives has the same types.
import module = require('authenticated-event-source');

const source: EventTarget = new module.AuthenticatedEventSource('/events', 'token');
source.addEventListener('message', () => {});
