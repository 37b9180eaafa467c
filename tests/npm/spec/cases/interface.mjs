// §9.2.2, the interface as WebIDL has it.
import { holds, same, throws } from '../expect.mjs';

const CONSTANTS = { CONNECTING: 0, OPEN: 1, CLOSED: 2 };
const ATTRIBUTES = ['url', 'withCredentials', 'readyState'];
const HANDLERS = ['onopen', 'onmessage', 'onerror'];
/** No server listens on this port. */
const NOWHERE = 'http://127.0.0.1:9/';

const descriptor = Object.getOwnPropertyDescriptor;
const flags = ({ writable, enumerable, configurable }) => ({ writable, enumerable, configurable });

function unconnected(stage, url = NOWHERE) {
  const source = stage.watch(new stage.EventSource(url));
  source.close();
  return source;
}

export const section = '§9.2.2 The interface';

export const cases = {
  'the constructor has the name EventSource and the length 1'({ EventSource }) {
    same([typeof EventSource, EventSource.name, EventSource.length], ['function', 'EventSource', 1]);
    same(flags(descriptor(EventSource, 'name')), { writable: false, enumerable: false, configurable: true });
    same(flags(descriptor(EventSource, 'length')), { writable: false, enumerable: false, configurable: true });
  },

  'it inherits from EventTarget, class and prototype'({ EventSource }) {
    holds(Object.getPrototypeOf(EventSource) === EventTarget, 'the class does not extend EventTarget');
    holds(Object.getPrototypeOf(EventSource.prototype) === EventTarget.prototype, 'its prototype does not');
  },

  'the property `prototype` cannot be changed'({ EventSource }) {
    same(flags(descriptor(EventSource, 'prototype')), { writable: false, enumerable: false, configurable: false });
    same(flags(descriptor(EventSource.prototype, 'constructor')), {
      writable: true,
      enumerable: false,
      configurable: true,
    });
    holds(EventSource.prototype.constructor === EventSource, 'the prototype has another constructor');
  },

  'constants are enumerable and cannot be changed, on class and prototype'({ EventSource }) {
    for (const holder of [EventSource, EventSource.prototype]) {
      for (const [name, value] of Object.entries(CONSTANTS)) {
        same({ ...descriptor(holder, name) }, { value, writable: false, enumerable: true, configurable: false }, name);
      }
    }
  },

  'the class has no other members'({ EventSource }) {
    same(
      Object.getOwnPropertyNames(EventSource).sort(),
      [...Object.keys(CONSTANTS), 'length', 'name', 'prototype'].sort(),
    );
  },

  'the prototype has the members of the interface and no others'({ EventSource }) {
    const members = ['constructor', 'close', ...Object.keys(CONSTANTS), ...ATTRIBUTES, ...HANDLERS];
    same(Object.getOwnPropertyNames(EventSource.prototype).sort(), members.sort());
    same(Object.getOwnPropertySymbols(EventSource.prototype).map(String), ['Symbol(Symbol.toStringTag)']);
  },

  'an instance has no members of its own'(stage) {
    const source = new stage.EventSource(NOWHERE);
    source.close();
    same(Reflect.ownKeys(source), []);
  },

  'read-only attributes are getters on the prototype'({ EventSource }) {
    for (const name of ATTRIBUTES) {
      const { get, set, enumerable, configurable } = descriptor(EventSource.prototype, name);
      same([get.name, get.length, set, enumerable, configurable], [`get ${name}`, 0, undefined, true, true], name);
    }
  },

  'event handlers are accessors on the prototype'({ EventSource }) {
    for (const name of HANDLERS) {
      const { get, set, enumerable, configurable } = descriptor(EventSource.prototype, name);
      same([get.name, get.length, set.name, set.length], [`get ${name}`, 0, `set ${name}`, 1], name);
      same([enumerable, configurable], [true, true], name);
    }
  },

  'close() is a method of no arguments that returns undefined'(stage) {
    const { value, ...rest } = descriptor(stage.EventSource.prototype, 'close');
    same(
      [value.name, value.length, flags(rest)],
      ['close', 0, { writable: true, enumerable: true, configurable: true }],
    );
    same(unconnected(stage).close(), undefined);
    holds(!('prototype' in value), 'close() can be constructed');
  },

  'its string tag is [object EventSource]'(stage) {
    const { value, ...rest } = descriptor(stage.EventSource.prototype, Symbol.toStringTag);
    same([value, flags(rest)], ['EventSource', { writable: false, enumerable: false, configurable: true }]);
    same(String(unconnected(stage)), '[object EventSource]');
  },

  'members refuse another `this`'({ EventSource }) {
    for (const name of [...ATTRIBUTES, ...HANDLERS]) {
      const { get, set } = descriptor(EventSource.prototype, name);
      for (const other of [EventSource.prototype, {}, new EventTarget()]) {
        throws(TypeError, () => get.call(other), `get ${name}`);
        if (set) throws(TypeError, () => set.call(other, () => {}), `set ${name}`);
      }
    }
    throws(TypeError, () => EventSource.prototype.close.call({}), 'close');
  },

  'a call without `new`, or without a URL, is a TypeError'({ EventSource }) {
    throws(TypeError, () => EventSource(NOWHERE), 'EventSource()');
    throws(TypeError, () => new EventSource(), 'new EventSource()');
  },

  'assigning to a read-only attribute is a TypeError in strict code'(stage) {
    const source = unconnected(stage);
    const assign = (name) => () => {
      // biome-ignore lint/suspicious/noRedundantUseStrict: the bundle is no module, so its code is sloppy by default
      'use strict';
      source[name] = 1;
    };
    for (const name of ATTRIBUTES) throws(TypeError, assign(name), name);
  },

  'it can be subclassed'(stage) {
    class Named extends stage.EventSource {
      name = 'a';
    }
    const source = new Named(NOWHERE);
    source.close();
    same([source.name, source.url, source.constructor.name], ['a', NOWHERE, 'Named']);
    holds(source instanceof stage.EventSource && source instanceof EventTarget, 'the subclass lost its base');
  },

  'an event handler is null unless it is an object'(stage) {
    const source = unconnected(stage);
    for (const name of HANDLERS) {
      same(source[name], null, name);
      for (const value of [1, 'a', true, undefined, Symbol('a')]) {
        source[name] = () => {};
        source[name] = value;
        same(source[name], null, `${name} after ${String(value)}`);
      }
      const handler = () => {};
      source[name] = handler;
      holds(source[name] === handler, `${name} is not what was set`);
    }
  },

  'an event handler that is an object is kept and not called'(stage) {
    const source = unconnected(stage);
    let isCalled = false;
    const object = {
      handleEvent: () => {
        isCalled = true;
      },
    };
    source.onmessage = object;
    source.dispatchEvent(new Event('message'));
    same([source.onmessage === object, isCalled], [true, false]);
  },

  'an event handler is called with the source as `this`'(stage) {
    const source = unconnected(stage);
    const seen = [];
    source.onopen = function (event) {
      seen.push(this === source, event.currentTarget === source, event.type);
    };
    source.dispatchEvent(new Event('open'));
    same(seen, [true, true, 'open']);
  },

  'onerror is no handler of the global: it is called with the event alone, and true cancels nothing'(stage) {
    const source = unconnected(stage);
    const seen = [];
    source.onerror = (...args) => {
      seen.push(args.length, args[0].type);
      return true;
    };
    same(source.dispatchEvent(new ErrorEvent('error', { cancelable: true, message: 'a' })), true);
    same(seen, [1, 'error']);
  },

  'an event handler that returns false cancels the event'(stage) {
    const source = unconnected(stage);
    source.onmessage = () => false;
    same(source.dispatchEvent(new Event('message', { cancelable: true })), false);
  },

  'a handler keeps its place among the listeners while it is replaced, and loses it by null'(stage) {
    const source = unconnected(stage);
    const order = [];
    source.onmessage = () => order.push('first handler');
    source.addEventListener('message', () => order.push('listener'));
    source.onmessage = () => order.push('second handler');
    source.dispatchEvent(new Event('message'));
    source.onmessage = null;
    source.onmessage = () => order.push('third handler');
    source.dispatchEvent(new Event('message'));
    same(order, ['second handler', 'listener', 'listener', 'third handler']);
  },
};
