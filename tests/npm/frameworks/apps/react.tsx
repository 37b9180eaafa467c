import { StrictMode, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { auth } from './auth.js';
import { useEvents } from './use-events.js';

function List({ url }: { url: string }) {
  const [ids, setIds] = useState<string[]>([]);
  const { phase, banner, reconnect } = useEvents(url, auth, ({ lastEventId }) => setIds((before) => [...before, lastEventId]));
  return (
    <>
      <p id="phase">{phase}</p>
      <p id="banner">{banner}</p>
      <button id="reconnect" onClick={reconnect}>Try now</button>
      <ol>{ids.map((id) => <li key={id}>{id}</li>)}</ol>
    </>
  );
}

export function App() {
  const [url, setUrl] = useState('/one');
  const [isShown, setShown] = useState(true);
  return (
    <>
      <button id="switch" onClick={() => setUrl('/two')}>Switch</button>
      <button id="remove" onClick={() => setShown(false)}>Remove</button>
      {isShown && <List url={url} />}
    </>
  );
}

export const mount = (place: HTMLElement) =>
  createRoot(place).render(<StrictMode><App /></StrictMode>);
