import { EventSourceError } from '../errors.ts';

// What other tabs are told of a response and of an error: neither can be sent as it is.

export function headOf({ url, status, headers }) {
  return { url, status, headers: [...headers] };
}

/** The response without its body. */
export function toResponse({ url, status, headers }) {
  const response = new Response(null, { status, headers });
  return Object.defineProperty(response, 'url', { value: url });
}

export function factsOf({ message, reason, status }) {
  return { message, reason, status };
}

/** The error without response and cause. */
export function toError({ message, ...facts }) {
  return new EventSourceError(message, facts);
}
