// Every combination of entry, mode, form of secret and redirect. The same cases run in Node and in browsers.

export const SECRET = 'hunter2-hunter2';

/** Each way to give a request a secret, as options. Functions are called for each case, because some forms can be read once. */
export const FORMS = {
  'auth: string': () => ({ auth: SECRET }),
  'auth: function': () => ({ auth: () => SECRET }),
  'auth: asynchronous function': () => ({ auth: async () => ({ token: SECRET }) }),
  'auth: provider with a header of its own': () => ({ auth: { token: () => SECRET, header: 'X-Api-Key', scheme: '' } }),
  'token: string': () => ({ token: SECRET }),
  'headers: record': () => ({ headers: { 'X-Api-Key': SECRET } }),
  'headers: record, Authorization': () => ({ headers: { authorization: `Bearer ${SECRET}` } }),
  'headers: array': () => ({ headers: [['X-Api-Key', SECRET]] }),
  'headers: Headers': () => ({ headers: new Headers({ 'X-Api-Key': SECRET }) }),
  'headers: Map': () => ({ headers: new Map([['X-Api-Key', SECRET]]) }),
  'headers: iterator, read once': () => ({ headers: new Map([['X-Api-Key', SECRET]]).entries() }),
  'headers: generator, read once': () => ({
    headers: (function* one() {
      yield ['X-Api-Key', SECRET];
    })(),
  }),
  'headers: function': () => ({ headers: () => ({ 'X-Api-Key': SECRET }) }),
  'headers: function that returns an iterator': () => ({ headers: () => new Map([['X-Api-Key', SECRET]]).entries() }),
  'headers: asynchronous function': () => ({ headers: async () => new Headers({ 'X-Api-Key': SECRET }) }),
  'body: string': () => ({ method: 'POST', body: SECRET }),
  'body: function': () => ({ method: 'POST', body: () => SECRET }),
};

export const MODES = {
  default: {},
  spec: { retry: 'spec' },
  'a retry policy': { retry: { initialDelay: 50 } },
  "explicit redirectPolicy: 'same-origin'": { retry: 'spec', redirectPolicy: 'same-origin' },
};

export const STATUSES = [301, 302, 303, 307, 308];

/** Where a redirect leads, and over how many hops within the origin. `far`: an address of the other origin. */
export const TARGETS = {
  absolute: (status, far) => [redirect(status, far)],
  'protocol-relative': (status, far) => [redirect(status, far.replace(/^https?:/, ''))],
  'one hop within the origin before': (status, far) => [redirect(status, '?hop'), redirect(status, far)],
  'two hops within the origin before': (status, far) => [
    redirect(307, '?hop'),
    redirect(status, '?hop=2'),
    redirect(status, far),
  ],
};

const redirect = (status, location) => ({ status, headers: { location, 'access-control-allow-origin': '*' } });

/** The entries: each opens a source, calls back at its first error, and returns what closes it. */
export function entriesOf({ AuthenticatedEventSource, EventSource, fetchEventSource, Shared }) {
  const byClass = (Class, members) => (url, options, failed) => {
    const source = new Class(url, { ...members, ...options });
    source.addEventListener('error', failed);
    return () => source.close();
  };
  return {
    class: byClass(AuthenticatedEventSource),
    './event-source': byClass(EventSource),
    './shared': byClass(Shared, { shared: { key: 'user' } }),
    './fetch-event-source': (url, options, failed) => {
      const controller = new AbortController();
      fetchEventSource(url, {
        ...options,
        signal: controller.signal,
        onerror: (error) => {
          throw error;
        },
      }).catch(failed);
      return () => controller.abort();
    },
  };
}

/** All cases, or with `isShort` each form and each redirect once for every entry and mode. */
export function casesOf(entries, isShort) {
  const cases = [];
  const names = { forms: Object.keys(FORMS), targets: Object.keys(TARGETS) };
  for (const entry of Object.keys(entries)) {
    for (const mode of Object.keys(MODES)) {
      names.forms.forEach((form, formIndex) => {
        STATUSES.forEach((status, statusIndex) => {
          names.targets.forEach((target, targetIndex) => {
            const place = statusIndex * names.targets.length + targetIndex;
            if (isShort && place !== formIndex % (STATUSES.length * names.targets.length)) return;
            cases.push({ entry, mode, form, status, target });
          });
        });
      });
    }
  }
  return cases;
}

/** Plays one case: resolves once the source has failed and is closed. */
export async function play({ entry, mode, form, status, target }, { entries, near, far, script }) {
  const address = await script(near, TARGETS[target](status, far));
  await new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`no error in ${entry}, ${mode}, ${form}, ${status} ${target}`)),
      20_000,
    );
    const close = entries[entry](address, { ...MODES[mode], ...FORMS[form]() }, () => {
      clearTimeout(timer);
      close();
      resolve();
    });
  });
}

/** Plays all cases, some at a time. */
export async function playAll(cases, context, atOnce = 8) {
  const left = [...cases];
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (let one = left.shift(); one; one = left.shift()) await play(one, context);
    }),
  );
  return cases.length;
}
