// §9.2.5 and §9.2.6, the event stream: every vector of the repository.
import { same } from '../expect.mjs';

export const section = '§9.2.6 The event stream';

let vectors;
const read = () => (vectors ??= fetch('vectors.json').then((answer) => answer.json()));

/** How many sources are open at once: browsers allow six connections to a server. */
const AT_ONCE = 5;

export const cases = {
  'all vectors'(stage) {
    return read().then(async (all) => {
      const left = [...all];
      const wrong = [];
      await Promise.all(
        Array.from({ length: AT_ONCE }, async () => {
          for (let vector = left.shift(); vector; vector = left.shift())
            await check(stage, vector).catch((error) => wrong.push(`${vector.name}: ${error.message}`));
        }),
      );
      same(wrong.sort(), [], `of ${all.length} vectors the wrong ones`);
    });
  },
};

async function check(stage, { stream, types, events }) {
  const script = await stage.stored({ responses: [{ steps: [{ base64: stream }] }, { status: 404 }] });
  const source = stage.connect(script, undefined, ...types);
  await stage.until(source, 'error');
  source.close();
  const found = source.fired.filter((event) => event instanceof MessageEvent);
  same(
    found.map(({ type, data, lastEventId }) => ({ type, data, lastEventId })),
    events,
    'what it fired',
  );
  await script.forget();
}
