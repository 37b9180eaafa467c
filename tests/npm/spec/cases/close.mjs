// §9.2.2, close(): aborts, at once and for good.
import { same } from '../expect.mjs';
import { open, sleep, stream, typesOf } from '../stage.mjs';

export const section = '§9.2.2 close()';

const TWO = 'data: a\n\ndata: b\n\n';
/** Long enough for anything that would still come. */
const QUIET = 300;

/** Opens a stream and closes it in the first event of a type; what fired. */
async function closedIn(stage, type, response = open(TWO)) {
  const script = await stage.script(response);
  const source = stage.connect(script);
  source.addEventListener(type, () => source.close(), { once: true });
  await stage.until(source, type);
  await sleep(QUIET);
  return { source, script };
}

export const cases = {
  'before anything happened: nothing ever fires'(stage) {
    return stage.script(open(TWO)).then(async (script) => {
      const source = stage.connect(script);
      source.close();
      same(source.readyState, 2);
      await sleep(QUIET);
      same(source.fired.length, 0);
    });
  },

  'while it connects: nothing ever fires, and the request ends'(stage) {
    return stage.script({ framing: 'raw', steps: [{ hang: true }] }).then(async (script) => {
      const source = stage.connect(script);
      await script.requests(1);
      source.close();
      const [{ ended }] = await script.ended(1);
      same([source.readyState, source.fired.length, ended.by], [2, 0, 'client']);
    });
  },

  'while it is open: the state is CLOSED at once, no event fires, and the request ends'(stage) {
    return stage.script(open(TWO)).then(async (script) => {
      const source = stage.connect(script);
      await stage.until(source, 'message', 2);
      source.close();
      same(source.readyState, 2);
      const [{ ended }] = await script.ended(1);
      await sleep(QUIET);
      same([typesOf(source), source.readyState, ended.by], [['open', 'message', 'message'], 2, 'client']);
      await script.noMoreThan(1);
    });
  },

  'in a listener of open: no message comes'(stage) {
    return closedIn(stage, 'open').then(({ source }) => same([typesOf(source), source.readyState], [['open'], 2]));
  },

  'in a listener of a message: the next one in the same chunk does not come'(stage) {
    return closedIn(stage, 'message').then(({ source }) =>
      same([typesOf(source), source.readyState], [['open', 'message'], 2]),
    );
  },

  'in a listener of error: there is no reconnect'(stage) {
    return closedIn(stage, 'error', stream(`retry: 50\n${TWO}`)).then(async ({ source, script }) => {
      same([typesOf(source), source.readyState], [['open', 'message', 'message', 'error'], 2]);
      await script.noMoreThan(1);
    });
  },

  'while it waits to reconnect: there is no reconnect'(stage) {
    return stage.script(stream(`retry: 300\n${TWO}`)).then(async (script) => {
      const source = stage.connect(script);
      await stage.until(source, 'error');
      await sleep(20);
      source.close();
      await script.noMoreThan(1, 1_000);
      same([source.readyState, typesOf(source).at(-1)], [2, 'error']);
    });
  },

  'other listeners of the event in which it is closed still hear it'(stage) {
    return stage.script(open(TWO)).then(async (script) => {
      const source = stage.connect(script);
      const heard = [];
      source.addEventListener('message', () => source.close());
      source.addEventListener('message', ({ data }) => heard.push([data, source.readyState]));
      await stage.until(source, 'message');
      await sleep(QUIET);
      same(heard, [['a', 2]]);
    });
  },

  'twice, or after the connection failed, it does nothing'(stage) {
    return stage.script({ status: 404 }).then(async (script) => {
      const source = stage.connect(script);
      await stage.until(source, 'error');
      for (let times = 0; times < 2; times++) same([source.close(), source.readyState], [undefined, 2]);
      await sleep(QUIET);
      same(source.fired.length, 1);
    });
  },
};
