import { createApp, defineComponent, h, ref } from 'vue';
import { auth } from './auth.js';
import { useEvents } from './use-events.js';

const List = defineComponent({
  props: { url: { type: String, required: true } },
  setup(props) {
    const ids = ref<string[]>([]);
    // biome-ignore lint/correctness/useHookAtTopLevel: a rule of React. In Vue `setup` is the place for it.
    const connection = useEvents(
      () => props.url,
      auth,
      ({ lastEventId }) => ids.value.push(lastEventId),
    );
    return () => [
      h('p', { id: 'phase' }, connection.value.phase),
      h('p', { id: 'banner' }, connection.value.banner),
      h('button', { id: 'reconnect', onClick: connection.value.reconnect }, 'Try now'),
      h(
        'ol',
        ids.value.map((id) => h('li', { key: id }, id)),
      ),
    ];
  },
});

export const App = defineComponent({
  setup() {
    const url = ref('/one');
    const isShown = ref(true);
    return () => [
      h(
        'button',
        {
          id: 'switch',
          onClick: () => {
            url.value = '/two';
          },
        },
        'Switch',
      ),
      h(
        'button',
        {
          id: 'remove',
          onClick: () => {
            isShown.value = false;
          },
        },
        'Remove',
      ),
      isShown.value ? h(List, { url: url.value }) : undefined,
    ];
  },
});

export const mount = (place: HTMLElement) => createApp(App).mount(place);
