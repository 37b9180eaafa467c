// What a source does in every environment: it reads an authenticated stream, reconnects after the stream breaks, and
// refreshes the token that the server then rejects.

/** The responses of the fault server or of a mock: a stream that ends, a 401, and a stream that stays open. */
exports.STREAMS = ['id: 1\ndata: one\n\n', 'id: 2\ndata: two\n\n'];

/** The requests that the scenario makes: the token and the last event ID of each. */
exports.REQUESTS = [
  ['Bearer first', null],
  ['Bearer first', '1'],
  ['Bearer second', '1'],
];

/** The result of the scenario. */
exports.EXPECTED = {
  events: ['one', 'two'],
  ids: ['1', '2'],
  isMessageEvent: true,
  reasons: ['end'],
  opened: [false, true],
  refreshes: 1,
  readyState: 1,
};

const PATIENCE = 15_000;

/** Opens a source at `url` and returns what it did until the second event. */
exports.readTwoStreams = async (AuthenticatedEventSource, url, options = {}) => {
  let token = 'first';
  const seen = { events: [], ids: [], isMessageEvent: true, reasons: [], opened: [], refreshes: 0 };
  const source = new AuthenticatedEventSource(url, {
    auth: {
      token: () => token,
      onUnauthorized: () => {
        seen.refreshes += 1;
        token = 'second';
      },
    },
    retry: { initialDelay: 50, maxDelay: 50 },
    ...options,
  });
  try {
    await new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`only ${JSON.stringify(seen)}`)), PATIENCE);
      source.addEventListener('open', ({ resumed }) => seen.opened.push(resumed));
      source.addEventListener('error', ({ reason, message, willRetry, error }) => {
        seen.reasons.push(reason);
        if (!willRetry) reject(new Error(`${message} ${error.cause ?? ''}`));
      });
      source.addEventListener('message', (event) => {
        seen.events.push(event.data);
        seen.ids.push(event.lastEventId);
        seen.isMessageEvent &&= typeof MessageEvent !== 'function' || event instanceof MessageEvent;
        if (seen.events.length < 2) return;
        clearTimeout(timer);
        resolve();
      });
    });
    return { ...seen, readyState: source.readyState };
  } finally {
    source.close();
  }
};
