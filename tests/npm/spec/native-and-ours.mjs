// The script of pages and workers: the native class and the packed one.
import { AuthenticatedEventSource, EventStreamParser } from 'authenticated-event-source';
import { EventSource } from 'authenticated-event-source/event-source';
import { randomOf } from '../differential/streams.mjs';
import { textDifferences } from '../unit/text-cases.mjs';
import { playCredentials } from '../behavior/credentials/page.mjs';
import { install } from './runner.mjs';

install({ native: globalThis.EventSource, ours: EventSource }, AuthenticatedEventSource);
globalThis.playCredentials = playCredentials;
globalThis.textDifferences = async (seed) => textDifferences(EventStreamParser, randomOf(seed));
