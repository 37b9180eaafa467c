// Hidden, frozen and cached pages in Chromium.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { page, site } from './page.mjs';
import { cursors, open, script, status, stream } from './support.mjs';

const first = 'id: 1\ndata: a\n\n';

/** The first event of a type that a source in the page fires. */
const until = (page, url, options, type, count = 1) =>
  page.evaluate(
    ([url, options, type, count]) => {
      globalThis.source = connect(url, options);
      return source.until(count, type);
    },
    [url, options, type, count],
  );
const fired = (page) => page.evaluate(() => source.fired.map(({ type }) => type));

describe('the life of a page', { concurrency: 4, timeout: 60_000 }, () => {
  const LATE = { retry: { initialDelay: 600_000, maxDelay: 600_000 } };
  test('a broken stream is a network error', async (t) => {
    const server = await script([stream(first, { sleep_ms: 100 }, { rst: true }), open('data: b\n\n')]);
    const tab = await page(t);
    await until(tab, server.url, {}, 'message', 2);
    assert.deepEqual(await tab.evaluate(() => source.fired.map(({ type, reason }) => reason ?? type)), [
      'open',
      'message',
      'network',
      'open',
      'message',
    ]);
  });

  test('`online`: a waiting retry fires now', async (t) => {
    const server = await script([status(503), open(first)]);
    const tab = await page(t);
    await until(tab, server.url, LATE, 'error');
    await tab.evaluate(() => {
      dispatchEvent(new Event('online'));
      return source.until(1, 'message');
    });
    await server.exactly(2);
  });

  test('the page is shown: a waiting retry fires now, which it did not when the page was loaded or hidden', async (t) => {
    const server = await script([status(503), open(first)]);
    const tab = await page(t);
    await until(tab, server.url, LATE, 'error');
    await tab.evaluate(() => dispatchEvent(new PageTransitionEvent('pageshow', { persisted: false })));
    await hide(tab, true);
    await server.exactly(1);
    await hide(tab, false);
    await tab.evaluate(() => source.until(1, 'message'));
    await server.exactly(2);
  });

  test('the clock jumped: a silent stream is found dead, and not before its time', async (t) => {
    const server = await script([open(first), open('id: 2\ndata: b\n\n')]);
    const tab = await page(t);
    await until(tab, server.url, { heartbeatTimeout: 3000 }, 'message');
    const { reason, waited } = await tab.evaluate(async () => {
      const { now } = Date;
      Date.now = () => now() + 3600_000;
      dispatchEvent(new Event('online'));
      const jumpedAt = performance.now();
      const { reason } = await source.until(1, 'error');
      return { reason, waited: performance.now() - jumpedAt };
    });
    assert.equal(reason, 'stalled');
    assert.ok(waited > 1000, `${waited} ms`);
    await tab.evaluate(() => source.until(2, 'message'));
    assert.deepEqual(cursors(await server.requests(2)), [null, '1']);
  });

  test('the clock jumped: a waiting retry fires without any event', async (t) => {
    const server = await script([status(503), open(first)]);
    const tab = await page(t);
    await until(tab, server.url, LATE, 'error');
    await tab.evaluate(() => {
      const { now } = Date;
      Date.now = () => now() + 3600_000;
      return source.until(1, 'message');
    });
  });

  test('`online` and silence that is allowed: the open stream stays', async (t) => {
    const server = await script([open(first)]);
    const tab = await page(t);
    await until(tab, server.url, { heartbeatTimeout: 60_000 }, 'message');
    await tab.evaluate(() => {
      dispatchEvent(new Event('online'));
      document.dispatchEvent(new Event('visibilitychange'));
    });
    await server.exactly(1);
  });

  const hide = (tab, hidden) =>
    tab.evaluate((hidden) => {
      Object.defineProperty(document, 'hidden', { configurable: true, value: hidden });
      document.dispatchEvent(new Event('visibilitychange'));
    }, hidden);

  for (const retry of [{}, { retry: 'spec' }]) {
    test(`leaving the page fires nothing, also behind another listener, with ${JSON.stringify(retry)}`, async (t) => {
      const server = await script([open(first)]);
      const tab = await page(t);
      // A listener that was added first runs first, and promise callbacks run after each listener.
      await tab.evaluate(() => {
        addEventListener('pagehide', () => sessionStorage.setItem('left', 'yes'));
      });
      await until(tab, server.url, retry, 'message');
      await tab.evaluate(() => {
        const save = ({ type }) => sessionStorage.setItem('late', `${sessionStorage.getItem('late') ?? ''} ${type}`);
        for (const type of ['error', 'connectionclose', 'connectionstatechange']) source.addEventListener(type, save);
      });
      await tab.reload();
      await tab.waitForFunction(() => globalThis.isReady);
      assert.deepEqual(await tab.evaluate(() => [sessionStorage.getItem('left'), sessionStorage.getItem('late')]), [
        'yes',
        null,
      ]);
      await server.ended(1);
    });
  }

  test('removing the frame of a source closes it, and fires nothing', async (t) => {
    const server = await script([open(first)]);
    const tab = await page(t);
    const [before, after, fired] = await tab.evaluate(async (url) => {
      const frame = document.createElement('iframe');
      frame.src = location.href;
      document.body.append(frame);
      while (!frame.contentWindow?.isReady) await new Promise((resolve) => setTimeout(resolve, 20));
      const source = frame.contentWindow.connect(url);
      await source.until(1, 'message');
      const before = source.readyState;
      frame.remove();
      return [before, source.readyState, source.fired.map(({ type }) => type)];
    }, server.url);
    assert.deepEqual([before, after, fired], [1, 2, ['open', 'message']]);
  });

  test('`openWhenHidden: false`: closed while hidden, resumed when shown, no error event', async (t) => {
    const server = await script([open(first), open('id: 2\ndata: b\n\n')]);
    const tab = await page(t);
    await until(tab, server.url, { openWhenHidden: false }, 'message');
    await hide(tab, true);
    assert.equal((await server.ended(1))[0].ended.by, 'client');
    await server.exactly(1);
    assert.deepEqual(await tab.evaluate(() => [source.readyState, source.state.phase]), [0, 'suspended']);
    await hide(tab, false);
    await tab.evaluate(() => source.until(2, 'message'));
    assert.deepEqual(cursors(await server.exactly(2)), [null, '1']);
    assert.deepEqual(
      (await fired(tab)).filter((type) => type === 'error'),
      [],
    );
  });

  test('`openWhenHidden: false` on a page that is hidden from the start: no request until it is shown', async (t) => {
    const server = await script([open(first)]);
    const tab = await page(t);
    await hide(tab, true);
    await tab.evaluate((url) => {
      globalThis.source = connect(url, { openWhenHidden: false });
    }, server.url);
    await server.exactly(0);
    await hide(tab, false);
    await tab.evaluate(() => source.until(1, 'message'));
  });

  test('by default a hidden page stays connected', async (t) => {
    const server = await script([open(first)]);
    const tab = await page(t);
    await until(tab, server.url, {}, 'message');
    await hide(tab, true);
    const [request] = await server.exactly(1);
    assert.equal(request.ended, null);
  });

  for (const [as, options] of [
    ['', {}],
    [", also with `retry: 'spec'`", { retry: 'spec' }],
  ]) {
    test(`back/forward cache: the page is cached with an open source, which resumes on return${as}`, async (t) => {
      const server = await script([open(first), open('id: 2\ndata: b\n\n')]);
      const tab = await page(t);
      await until(tab, server.url, options, 'message');
      await tab.evaluate(() => {
        addEventListener('pageshow', ({ persisted }) => {
          globalThis.wasCached = persisted;
        });
      });
      await tab.goto(`${site.url}/other.html`);
      assert.equal((await server.ended(1))[0].ended.by, 'client');
      await server.exactly(1);
      await tab.evaluate(() => history.back());
      await tab.waitForFunction(() => globalThis.wasCached === true);
      await tab.evaluate(() => source.until(2, 'message'));
      assert.deepEqual(cursors(await server.exactly(2)), [null, '1']);
      assert.deepEqual(
        (await fired(tab)).filter((type) => type === 'error'),
        [],
      );
    });
  }

  test('back/forward cache: a POST is not sent again on return, it has failed', async (t) => {
    const server = await script([open(first)]);
    const tab = await page(t);
    await until(tab, server.url, { method: 'POST', body: 'prompt', retry: undefined }, 'message');
    await tab.evaluate(() => {
      addEventListener('pageshow', ({ persisted }) => {
        globalThis.wasCached = persisted;
      });
    });
    await tab.goto(`${site.url}/other.html`);
    await server.ended(1);
    await tab.evaluate(() => history.back());
    await tab.waitForFunction(() => globalThis.wasCached === true);
    assert.deepEqual((await tab.evaluate(() => source.until(1, 'connectionclose'))).reason, 'network');
    await server.exactly(1);
  });

  test('`openWhenHidden: false` and POST: hiding the page ends it, unless `retry` is given', async (t) => {
    for (const [retry, requests] of [
      [undefined, 1],
      [{ initialDelay: 100 }, 2],
    ]) {
      const server = await script([open(first)]);
      const tab = await page(t);
      await until(tab, server.url, { method: 'POST', body: 'prompt', openWhenHidden: false, retry }, 'message');
      await hide(tab, true);
      await server.ended(1);
      await hide(tab, false);
      await server.exactly(requests);
    }
  });
});
