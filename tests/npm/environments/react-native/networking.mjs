// A stand-in for `Networking` of React Native: native code that sends requests and reports them by events.
import { request } from 'node:http';

const listeners = new Map();
const requests = [];
const emit = (type, ...args) => {
  for (const listener of [...(listeners.get(type) ?? [])]) listener(args);
};

export const Networking = {
  addListener(type, listener) {
    if (!listeners.has(type)) listeners.set(type, new Set());
    listeners.get(type).add(listener);
    return { remove: () => listeners.get(type).delete(listener) };
  },

  sendRequest(method, _name, url, headers, body, _type, _isIncremental, _timeout, created) {
    const id = requests.length;
    const sent = request(url, { method, headers }, (response) => {
      const all = Object.fromEntries(Object.entries(response.headers).map(([name, value]) => [name, String(value)]));
      emit('didReceiveNetworkResponse', id, response.statusCode, all, url);
      response.setEncoding('utf8');
      response.on('data', (text) => emit('didReceiveNetworkIncrementalData', id, text, 0, 0));
      response.on('end', () => emit('didCompleteNetworkResponse', id, null, false));
    });
    sent.on('error', ({ message }) => emit('didCompleteNetworkResponse', id, message, false));
    requests.push(sent);
    // Native code answers in a later task.
    setTimeout(() => created(id));
    setTimeout(() => sent.end(body ?? undefined));
  },

  abortRequest: (id) => requests[id].destroy(),
};

/** `BlobManager`, which only responses without a stream need. */
export default {};
