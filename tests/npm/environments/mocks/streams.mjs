// Bodies of a mocked event stream, as a handler may create them.
const encode = (text) => new TextEncoder().encode(text);
const soon = (work) => setTimeout(work, 30);

/** Each kind returns a body with this text that then ends, or that stays open (`isLast`). */
export const KINDS = {
  /** A text, which the library turns into a stream. */
  text: (text, isLast) => (isLast ? KINDS['default stream'](text, isLast) : text),

  'default stream': (text, isLast) =>
    new ReadableStream({
      start(controller) {
        controller.enqueue(encode(text));
        if (!isLast) controller.close();
      },
    }),

  'byte stream': (text, isLast) =>
    new ReadableStream({
      type: 'bytes',
      start(controller) {
        controller.enqueue(encode(text));
        if (!isLast) controller.close();
      },
    }),

  'pull-based stream': (text, isLast) => {
    const chunks = [...text].map(encode);
    return new ReadableStream({
      pull(controller) {
        if (chunks.length > 0) controller.enqueue(chunks.shift());
        else if (!isLast) controller.close();
      },
    });
  },

  'pull-based byte stream': (text, isLast) => {
    const chunks = [...text].map(encode);
    return new ReadableStream({
      type: 'bytes',
      pull(controller) {
        if (chunks.length > 0) controller.enqueue(chunks.shift());
        else if (!isLast) {
          controller.close();
          controller.byobRequest?.respond(0);
        }
      },
    });
  },

  'stream that closes late': (text, isLast) =>
    new ReadableStream({
      start(controller) {
        soon(() => controller.enqueue(encode(text)));
        if (!isLast) soon(() => controller.close());
      },
    }),

  'byte stream that closes late': (text, isLast) =>
    new ReadableStream({
      type: 'bytes',
      start(controller) {
        soon(() => controller.enqueue(encode(text)));
        if (!isLast) soon(() => controller.close());
      },
    }),

  'stream that fails': (text, isLast) =>
    new ReadableStream({
      start(controller) {
        controller.enqueue(encode(text));
        if (!isLast) soon(() => controller.error(new Error('the mock broke the stream')));
      },
    }),

  'stream of a TransformStream': (text, isLast) => {
    const { readable, writable } = new TransformStream();
    const writer = writable.getWriter();
    void writer.write(encode(text));
    if (!isLast) void writer.close();
    return readable;
  },

  'stream of a generator': (text, isLast) =>
    ReadableStream.from(
      (async function* () {
        yield encode(text);
        if (isLast) await new Promise(() => {});
      })(),
    ),
};
