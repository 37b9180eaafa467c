// The script of pages and workers: the native class and the packed one.
import { AuthenticatedEventSource, EventStreamParser } from 'authenticated-event-source';
import { EventSource } from 'authenticated-event-source/event-source';
import { randomOf } from '../differential/streams.mjs';
import scenarios from '../../scenarios.json';
import { playAll } from '../../lib/scenarios.mjs';
import { textDifferences } from '../unit/text-cases.mjs';
import { playCredentials } from '../behavior/credentials/page.mjs';
import { install } from './runner.mjs';

install({ native: globalThis.EventSource, ours: EventSource }, AuthenticatedEventSource);
globalThis.playCredentials = playCredentials;
globalThis.playScenarios = ({ engine, servers, only }) =>
  playAll(scenarios, { environment: 'browser', engine, only }, AuthenticatedEventSource, servers.far, servers.control);
globalThis.textDifferences = async (seed) => textDifferences(EventStreamParser, randomOf(seed));
