import { createSignal, For, Show } from 'solid-js';
import { render } from 'solid-js/web';
import { auth } from './auth.js';
import { createEvents } from './use-events.js';

function List(props: { url: string }) {
  const [ids, setIds] = createSignal<string[]>([]);
  const connection = createEvents(() => props.url, auth, ({ lastEventId }) => setIds((before) => [...before, lastEventId]));
  return (
    <>
      <p id="phase">{connection().phase}</p>
      <p id="banner">{connection().banner}</p>
      <button id="reconnect" onClick={() => connection().reconnect()}>Try now</button>
      <ol><For each={ids()}>{(id) => <li>{id}</li>}</For></ol>
    </>
  );
}

export function App() {
  const [url, setUrl] = createSignal('/one');
  const [isShown, setShown] = createSignal(true);
  return (
    <>
      <button id="switch" onClick={() => setUrl('/two')}>Switch</button>
      <button id="remove" onClick={() => setShown(false)}>Remove</button>
      <Show when={isShown()}><List url={url()} /></Show>
    </>
  );
}

export const mount = (place: HTMLElement) => render(() => <App />, place);
