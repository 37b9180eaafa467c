// The login: a token, and when it must be a new one.

/** Sends JSON and returns the response. Every status except success is an error, which names it. */
export async function post(path, { body, token, credentials = 'omit' } = {}) {
  const headers = { 'content-type': 'application/json' };
  if (token) headers.authorization = `Bearer ${token}`;
  const response = await fetch(path, { method: 'POST', headers, credentials, body: JSON.stringify(body ?? {}) });
  if (!response.ok) throw new Error(`${path} answered ${response.status}`);
  return response;
}

/** Someone who is logged in, and logs in again when the token is old or was refused. */
export class Session {
  /** How many tokens there were so far. */
  logins = 0;
  #token;
  #expiresAt = 0;

  /**
   * @param user any name: this server believes everybody
   * @param ttl seconds that a token lives
   * @param credentials `same-origin` if the browser shall keep the cookie that comes with the token
   */
  constructor(user, ttl = 900, credentials = 'omit') {
    this.user = user;
    this.ttl = ttl;
    this.credentials = credentials;
  }

  /** Returns the current token. `cause` is the reason of the attempt. */
  async token({ cause } = {}) {
    const isWorthless = cause === 'unauthorized' || cause === 'renewal';
    if (isWorthless || Date.now() >= this.#expiresAt) await this.logIn();
    return this.#token;
  }

  async logIn() {
    const body = { user: this.user, ttl: this.ttl };
    const response = await post('/login', { body, credentials: this.credentials });
    const { token, expires_at } = await response.json();
    this.#token = token;
    this.#expiresAt = expires_at * 1000;
    this.logins += 1;
  }

  /** The token is worthless: the next call of `token()` returns another. */
  forget() {
    this.#expiresAt = 0;
  }

  /** Milliseconds since 1970. */
  get expiresAt() {
    return this.#expiresAt;
  }

  /** Lets the server revoke the token. */
  async revoke() {
    await post('/logout', { token: this.#token, credentials: this.credentials });
  }
}
