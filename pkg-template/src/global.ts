import * as members from './index.ts';

// For pages without modules: `new AuthenticatedEventSource(…)` after one <script>.
Object.assign(globalThis, members);
