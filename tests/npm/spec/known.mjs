// Where a class departs from the standard, and why. A case that fails and is not named here is a failure.

const NEVER_TRUSTED = 'only the browser itself makes events that are trusted';
const PREFLIGHT = "to `fetch` the header is the page's own, so that another origin is asked by a preflight";
const STOPPED = 'to `fetch` a stopped page looks like a dead network';
const USER = 'refuses a URL with a user name in it';
const RETRY_EMPTY = 'takes an empty `retry` for a number';
const TOO_LONG = 'leaves out a time of more than 64 bits';
const OWN_TIME = 'an empty `retry` brings back the default';
const EVERY_LINE = 'the ID of a block without data does not count';

/** By client, then by engine; `all` is for each of them. */
const DEPARTURES = {
  ours: {
    all: [
      ['events of the user agent are trusted', NEVER_TRUSTED],
      ['Last-Event-ID of a safe value needs no preflight', PREFLIGHT],
      ['window.stop() fails the connection', STOPPED],
      ['a user name and a password in the URL', `\`fetch\` ${USER}`],
    ],
    firefox: [['the headers alone open it', '`fetch` answers only when the first byte of the body came']],
    webkitgtk: [['after `id: \u2026\u00e4\ud83d\ude00\\ndata: a\\n\\n`', '`fetch` encodes header bytes once more']],
  },
  native: {
    chromium: [
      ['a URL that does not parse', 'accepts spaces in hosts'],
      ['a user name and a password in the URL', USER],
      ['longer than any timer', TOO_LONG],
      ['charset=windows-1252` opens', 'takes no other charset than UTF-8'],
      ['after `retry: 1500\\nretry\\n`', OWN_TIME],
      ['after `retry: 1500\\nretry:\\n`', OWN_TIME],
    ],
    firefox: [
      ['a data: URL is a stream', 'opens HTTP alone'],
      ['a blob: URL is a stream', 'opens HTTP alone'],
      ['`origin` of an event is that of the final URL', 'it is that of the first URL'],
      ['the headers alone open it', 'it opens only when the first byte of the body came'],
      ['after `retry: 1500\\nretry\\n`', RETRY_EMPTY],
      ['after `retry: 1500\\nretry:\\n`', RETRY_EMPTY],
      ['after `retry: 1500\\nretry: 900`', 'an unfinished line counts'],
      ['after `id: 1\\n\\n`', EVERY_LINE],
      ['after `id: 1\\ndata: a\\n\\nid: 2\\n\\n`', EVERY_LINE],
      ['after `id: 1\\ndata: a\\n\\nid:\\n\\n`', EVERY_LINE],
      ['a reconnect after a redirect', 'asks the first URL again'],
      ['all vectors', 'leaves out NUL'],
    ],
    webkitgtk: [
      ['a data: URL is a stream', 'does not open it'],
      ['an address that the policy', 'the constructor throws a SecurityError'],
      ['come in pieces', 'takes a byte order mark in pieces for text'],
      ['longer than any timer', TOO_LONG],
      ['window.stop() fails the connection', 'fires nothing'],
      ['`text/html, text/event-stream` opens', 'reads the first type'],
      ['`text/event-stream, text/plain` fails', 'reads the first type'],
      ['after `retry: 1500\\nretry\\n`', OWN_TIME],
      ['after `retry: 1500\\nretry:\\n`', OWN_TIME],
      ['after `retry: 1500\\nretry: +9\\n`', 'takes a sign'],
      ['after `retry: 1500\\nretry:  9\\n`', 'takes spaces'],
      ['after `retry: 1500\\nretry: 9 \\n`', 'takes spaces'],
      ['after `id: 1\\n\\n`', EVERY_LINE],
      ['after `id: 1\\ndata: a\\n\\nid: 2\\n\\n`', EVERY_LINE],
      ['after `id: 1\\ndata: a\\n\\nid:\\n\\n`', EVERY_LINE],
      ['a reconnect after a redirect', 'asks the first URL again'],
      ['all vectors', 'takes the byte order mark of UTF-16 for one'],
    ],
  },
};

/** Why this client, in this engine, may fail a case of this name. */
export function departure(client, engine, name) {
  const { all = [], [engine]: own = [] } = DEPARTURES[client] ?? {};
  return [...own, ...all].find(([part]) => name.includes(part))?.[1];
}
