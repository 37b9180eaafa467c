// What a source does under the fake timers of a test framework. Each framework passes its own functions.

/**
 * @param framework `install(fakesDate)`, `advance(milliseconds)` and `restore()`
 * @param server the URLs of scripts
 */
exports.scenarios = ({ AuthenticatedEventSource, install, advance, restore }, server) => {
  const { setTimeout: realTimeout } = globalThis;
  const next = (source, type) => new Promise((resolve) => source.addEventListener(type, resolve, { once: true }));
  // Network answers need real time.
  const settled = () => new Promise((resolve) => realTimeout(resolve, 100));

  /** Opens a source, and advances the timers until an event of this type comes. */
  async function until(source, type, step) {
    let event;
    void next(source, type).then((found) => {
      event = found;
    });
    for (let turn = 0; event === undefined && turn < 100; turn++) {
      await settled();
      if (event === undefined) await advance(step);
    }
    if (event === undefined) throw new Error(`no event of type ${type}`);
    return event;
  }

  const run = async (fakesDate, url, options, check) => {
    install(fakesDate);
    const source = new AuthenticatedEventSource(url, options);
    try {
      await check(source);
    } finally {
      source.close();
      restore();
    }
  };

  return {
    /** The server answers 503, and then a stream. */
    retry: (fakesDate) =>
      run(
        fakesDate,
        server.retry,
        { retry: { initialDelay: 60_000, maxDelay: 60_000, jitter: 'none' } },
        async (source) => {
          const { retryIn } = await next(source, 'error');
          if (retryIn !== 60_000) throw new Error(`waits ${retryIn} ms`);
          await advance(59_000);
          await settled();
          if (source.readyState !== 0 || source.state.phase !== 'waiting') throw new Error('retried too early');
          await until(source, 'message', 1000);
        },
      ),

    /** The server answers with a stream that falls silent. */
    silence: (fakesDate) =>
      run(fakesDate, server.silence, { heartbeatTimeout: 30_000, retry: false }, async (source) => {
        await next(source, 'message');
        await advance(29_000);
        await settled();
        if (source.readyState !== 1) throw new Error('ended too early');
        const { reason } = await until(source, 'error', 1000);
        if (reason !== 'stalled') throw new Error(reason);
      }),

    /** The server never answers. */
    connect: (fakesDate) =>
      run(fakesDate, server.mute, { connectTimeout: 30_000, retry: false }, async (source) => {
        const { reason } = await until(source, 'error', 10_000);
        if (reason !== 'timeout') throw new Error(reason);
      }),
  };
};
