// What every cell of the package tests does, wherever it runs: an authenticated stream for real.
// The class is an argument, so that each cell can come by it in its own way.

/** Each entry that can be imported and required, and how it becomes the class of the scenario. */
export const ENTRIES = {
  'authenticated-event-source': 'AuthenticatedEventSource',
  'authenticated-event-source/shared': 'AuthenticatedEventSource',
  'authenticated-event-source/event-source': 'EventSource',
  'authenticated-event-source/fetch-event-source': 'sourceOver(fetchEventSource)',
};

const DEADLINE = 15_000;

/**
 * Logs in, is refused without a token, and reads through the stream what it published itself.
 *
 * @returns {Promise<{ refused: number, received: boolean, id: boolean, state: number }>}
 */
export async function readAuthenticatedStream(AuthenticatedEventSource, server) {
  const refused = await refusal(new AuthenticatedEventSource(`${server}/events`));
  const token = await logIn(server);
  const source = new AuthenticatedEventSource(`${server}/events`, { auth: token });
  try {
    const event = await eventPublished(source, server, token);
    return { refused, received: true, id: event.lastEventId !== '', state: source.readyState };
  } finally {
    source.close();
  }
}

/** What the scenario must return; anything else is a failure of the cell. */
export const EXPECTED = { refused: 401, received: true, id: true, state: 1 };

/** `fetchEventSource` as a class of sources, for the same scenario. */
export const sourceOver = (fetchEventSource) =>
  class extends EventTarget {
    readyState = 0;
    #ctrl = new AbortController();

    constructor(url, { auth: token } = {}) {
      super();
      fetchEventSource(url, {
        headers: token && { Authorization: `Bearer ${token}` },
        signal: this.#ctrl.signal,
        onopen: ({ ok, status }) => {
          if (!ok) throw Object.assign(new Error('refused'), { status });
          this.readyState = 1;
          this.dispatchEvent(new Event('open'));
        },
        onmessage: ({ id, event, data }) => {
          this.dispatchEvent(new MessageEvent(event || 'message', { data, lastEventId: id }));
        },
        onerror: (error) => {
          throw error;
        },
      }).catch(({ message, status }) => this.dispatchEvent(Object.assign(new Event('error'), { message, status })));
    }

    close() {
      this.#ctrl.abort();
    }
  };

async function logIn(server) {
  const { token } = await post(`${server}/login`, { user: 'tester' });
  return token;
}

async function post(url, body, headers = {}) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return response.json();
}

function refusal(source) {
  return within('a refusal', (resolve, reject) => {
    source.addEventListener('open', () => reject(new Error('a stream without a token was opened')));
    source.addEventListener('error', ({ status }) => resolve(status));
  }).finally(() => source.close());
}

function eventPublished(source, server, token) {
  const text = `published ${Math.random()}`;
  return within('the event', (resolve, reject) => {
    source.addEventListener('message', (event) => event.data.includes(text) && resolve(event));
    source.addEventListener('error', ({ message }) => reject(new Error(message ?? 'the stream failed')));
    source.addEventListener('open', () => {
      post(`${server}/publish`, { type: 'message', data: { text } }, { authorization: `Bearer ${token}` }).catch(
        reject,
      );
    });
  });
}

function within(what, executor) {
  let timer;
  const deadline = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no sign of ${what} in ${DEADLINE} ms`)), DEADLINE);
  });
  return Promise.race([new Promise(executor), deadline]).finally(() => clearTimeout(timer));
}
