import * as all from './index.ts';

// For pages without modules: `new AuthenticatedEventSource(…)` after one <script>. The classes of the page stay.
const { EventSource: _, ErrorEvent: __, ...members } = all;
Object.assign(globalThis, members);
