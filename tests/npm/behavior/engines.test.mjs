// [NON-SPEC] What only real browsers do to pages and tabs, in Chromium and Firefox.
import { inEachEngine } from './engines/browsers.mjs';
import { leaving } from './engines/leaving.mjs';
import { pages } from './engines/pages.mjs';
import { tabs } from './engines/tabs.mjs';

inEachEngine((engine, browser) => {
  for (const define of [leaving, pages, tabs]) define(engine, browser);
});
