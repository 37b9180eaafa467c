// The messages between tabs.
import { EventSourceError, type Reason } from '../errors.ts';
import type { AttemptCause } from '../token.ts';
import type { StreamRecord } from './replay-buffer.ts';

// A response and an error cannot be posted, so their serializable members are.

/** The head of a response. */
export interface Head {
  url: string;
  status: number;
  headers: [string, string][];
}

/** The serializable members of an error. */
export interface Facts {
  message: string;
  reason: Reason;
  status: number | undefined;
}

/** A message to the leader. It carries no term. */
export type Request =
  | { kind: 'place'; from: string; id: string; term?: undefined }
  | { kind: 'ping' | 'reconnect'; from: string; id?: undefined; term?: undefined };

/** The leader's position in the stream, and the records after the position of the requesting tab. */
export interface Place {
  id: string;
  records: StreamRecord[] | undefined;
  head: Head | undefined;
  reconnectionTime: number;
}

/** What the leader's connection does. */
export type Update =
  | { kind: 'opened'; head: Head }
  | { kind: 'reconnecting'; cause: AttemptCause; attempt: number }
  | { kind: 'failed'; error: Facts; retryIn: number; attempt: number; isEnd: boolean }
  | { kind: 'records'; records: StreamRecord[]; reconnectionTime: number }
  | { kind: 'pong' };

/** A message of the leader, without its term. */
export type Report = Update | { kind: 'hello'; id: string } | ({ kind: 'place'; to: string } & Place);

/** A message of the leader. */
export type Announcement = Report & { term: number };

export function headOf({ url, status, headers }: Response): Head {
  return { url, status, headers: [...headers] };
}

/** Returns the response without its body. */
export function toResponse({ url, status, headers }: Head): Response {
  const response = new Response(null, { status, headers });
  return Object.defineProperty(response, 'url', { value: url });
}

export function factsOf({ message, reason, status }: EventSourceError): Facts {
  return { message, reason, status };
}

/** Returns the error without its response and its cause. */
export function toError({ message, ...facts }: Facts): EventSourceError {
  return new EventSourceError(message, facts);
}
