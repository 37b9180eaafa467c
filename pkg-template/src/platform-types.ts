// Types of the platform, so that the declarations compile with the DOM library, in workers, with `@types/node`, and without
// all of them. An interface that the platform declares is merged with the one here.
declare global {
  interface AbortSignal {}
  interface AddEventListenerOptions extends EventListenerOptions {}
  interface Event {}
  interface EventInit {}
  interface EventListenerOptions {}
  interface EventSource {
    /** Closes the connection. */
    close(): void;
  }
  interface EventTarget {}
  // biome-ignore-start lint/suspicious/noExplicitAny: the same type parameters as in the DOM library
  interface ReadableStream<R = any> {}
  interface TransformStream<I = any, O = any> {}
  // biome-ignore-end lint/suspicious/noExplicitAny: the same type parameters as in the DOM library
  interface RequestInit {}
  interface Response {}
  interface URL {}
}

/** The instances of a global class, or `Fallback` where it does not exist. */
type Instance<Name extends string, Fallback> = typeof globalThis extends { [Key in Name]: { prototype: infer Type } }
  ? Type
  : Fallback;

/** A member of `RequestInit`, or `Fallback` where it does not exist. */
type RequestMember<Name extends string, Fallback> = RequestInit extends { [Key in Name]?: infer Type }
  ? unknown extends Type
    ? Fallback
    : Exclude<Type, null | undefined>
  : Fallback;

type PlatformMessageEvent = Instance<
  'MessageEvent',
  { readonly type: string; readonly lastEventId: string; readonly origin: string }
>;

/**
 * A `MessageEvent` with data of this type. Not `MessageEvent<Data>`, because the type of `@types/node` has no type parameter.
 */
export interface StreamMessageEvent<Data> extends Omit<PlatformMessageEvent, 'data'> {
  /** The data. */
  readonly data: Data;
}

/** The global function `fetch`. */
export type Fetch = typeof globalThis extends { fetch: infer Function }
  ? Function
  : (url: string, init: object) => Promise<Response>;

/** `HeadersInit` of the DOM library. */
export type HeadersInput = RequestMember<'headers', [string, string][] | Record<string, string>>;

/** `BodyInit` of the DOM library. */
export type BodyInput = RequestMember<'body', string | Uint8Array>;

/** `RequestCache` of the DOM library. */
export type CacheMode = RequestMember<'cache', string>;

/** `RequestInfo` of the DOM library, or a `URL`. */
export type RequestInput = string | URL | Instance<'Request', { readonly url: string }>;
