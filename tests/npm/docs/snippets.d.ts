// What the snippets of the documents take for granted: an application around them.

/** The application's own login. */
declare const session: { accessToken(): Promise<string>; refresh(): Promise<void> };
declare const token: string;
declare const userId: string;
/** A source that an earlier snippet made. */
declare const source: import('authenticated-event-source').AuthenticatedEventSource;
/** What shows the events. */
declare function render(data: unknown): void;
/** Where the application keeps what came. */
declare function save(id: string, data: string): Promise<void>;
declare function append(text: string): void;
declare const headers: HeadersInit;
declare const body: string;
/** Imported by an earlier snippet. */
declare const AuthenticatedEventSource: typeof import('authenticated-event-source').AuthenticatedEventSource;
/** The APIs of a browser extension. */
declare const chrome: {
  action?: { setBadgeText(details: { text: string }): Promise<void> };
  alarms: {
    create(name: string, info: { periodInMinutes: number }): Promise<void>;
    onAlarm: { addListener(listener: () => void): void };
  };
  runtime: { getPlatformInfo(): Promise<unknown> };
  storage: {
    local: { get(keys: string[]): Promise<Record<string, string | undefined>>; set(items: object): Promise<void> };
  };
};
