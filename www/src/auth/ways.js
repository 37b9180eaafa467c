// Three ways to bring a token to the server, from the best to the worst.
import { AuthenticatedEventSource } from 'authenticated-event-source';

/** Three seconds suit tokens of eight; the default of thirty suits those of minutes. */
const renewBefore = 3000;

export const WAYS = {
  /** Renewed before it expires, and once more after a 401. A fixed token is used as it is. */
  async header(session, init, renews) {
    const auth = renews ? { token: (context) => session.token(context), renewBefore } : await session.token();
    return new AuthenticatedEventSource('/events', { ...init, auth });
  },

  /** The browser keeps and sends the cookie; a login before an attempt replaces it. */
  async cookie(session, init, renews) {
    await session.token();
    const headers = async (context) => {
      if (renews) await session.token();
      return init.headers(context);
    };
    const shouldRetry = ({ status }) => {
      if (status !== 401 || !renews) return undefined;
      session.forget();
      return true;
    };
    return new AuthenticatedEventSource('/events', { ...init, headers, shouldRetry });
  },

  /** Fixed for the life of a source, and it ends in other people's logs: the last resort. */
  async query(session, init) {
    const url = `/events?token=${encodeURIComponent(await session.token())}`;
    // Without cookies, so that it is the query that counts.
    return new AuthenticatedEventSource(url, { ...init, credentials: 'omit' });
  },
};
