// Headless Chromium, the one that Debian packages, with nothing that talks to the outside.
import { chromium } from 'playwright-core';

/** Starts the browser, with options of Playwright's if need be; whoever starts it closes it. */
export function launch(options = {}) {
  return chromium.launch({
    ...options,
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

/** Opens a page, with Playwright's options for it, and collects what goes wrong in it, which a test
 *  then asks for. */
export async function openPage(browser, url, options = {}) {
  const page = await browser.newPage(options);
  const complaints = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('requestfailed', (request) => complaints.push(`${request.url()}: ${request.failure()?.errorText}`));
  await page.goto(url);
  return { page, complaints };
}
