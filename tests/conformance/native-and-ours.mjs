// The script of pages and workers: the native class and the packed one.
import { AuthenticatedEventSource } from 'authenticated-event-source';
import { EventSource } from 'authenticated-event-source/event-source';
import { install } from './runner.mjs';

install({ native: globalThis.EventSource, ours: EventSource }, AuthenticatedEventSource);
