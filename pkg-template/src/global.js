import * as members from './index.js';

// For pages without modules: `new AuthenticatedEventSource(…)` after one <script>.
Object.assign(globalThis, members);
