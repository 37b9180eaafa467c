// A timeline of a connection: attempts with the cursor that they send, answers, failures, waits.
import { addOnTop, capitalized, element, seconds } from './page.js';

const CAUSES = {
  start: 'first attempt',
  retry: 'retry',
  unauthorized: 'again, with a new token',
  renewal: 'the token is about to expire',
  reconnect: 'a call of reconnect()',
  suspension: 'the page is back',
};

/** The place where the server begins. */
function continuation(place) {
  if (!place) return '';
  return place === 'earliest'
    ? 'The server starts with the oldest event that it has'
    : `The server continues after ${place}`;
}

function missedText(missed) {
  if (missed === undefined || missed === null) return 'An unknown number of events is gone';
  return missed === 1 ? '1 event is gone' : `${missed} events are gone`;
}

export class Timeline {
  #list;
  #began = performance.now();

  /** @param list the `<ol>` that it writes to, the newest on top */
  constructor(list) {
    this.#list = list;
  }

  /** Adds an attempt, with the context that a provider of tokens receives. */
  attempt({ attempt, cause, lastEventId }) {
    this.add('quiet', `Attempt ${attempt}: ${CAUSES[cause]}`, `Last-Event-ID: ${lastEventId || 'none'}`);
  }

  /** Adds the events of the source from now on. */
  watch(source) {
    source.addEventListener('open', ({ resumed, response }) => {
      this.add('good', resumed ? 'Open again' : 'Open', continuation(response.headers.get('sse-resumed-from')));
    });
    source.addEventListener('error', ({ message, willRetry, retryIn }) => {
      const next = willRetry ? `Next attempt in ${seconds(retryIn)}` : 'Closed for good: another attempt cannot help';
      this.add(willRetry ? 'warn' : 'bad', capitalized(message), next);
    });
    source.addEventListener('gap', ({ data }) => {
      const { reason, missed } = JSON.parse(data);
      this.add('bad', `The server announces a gap: ${reason}`, missedText(missed));
    });
    source.addEventListener('shutdown', () => this.add('warn', 'The server announces that it shuts down', ''));
  }

  add(kind, what, detail) {
    const item = element('li', kind);
    const time = seconds(performance.now() - this.#began);
    item.append(element('span', 'time', time), element('span', 'what', what), element('span', 'detail', detail));
    addOnTop(this.#list, item, 60);
  }
}
