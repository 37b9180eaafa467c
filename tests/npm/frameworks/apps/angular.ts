import '@angular/compiler';
import { ChangeDetectionStrategy, Component, Input, provideZonelessChangeDetection, signal } from '@angular/core';
import { bootstrapApplication } from '@angular/platform-browser';
import { auth } from './auth.js';
import { injectEvents } from './use-events.js';

@Component({
  selector: 'app-list',
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    <p id="phase">{{ connection().phase }}</p>
    <p id="banner">{{ connection().banner }}</p>
    <button id="reconnect" (click)="connection().reconnect()">Try now</button>
    <ol>@for (id of ids(); track id) {<li>{{ id }}</li>}</ol>
  `,
})
class List {
  readonly address = signal('');
  readonly ids = signal<string[]>([]);
  readonly connection = injectEvents(
    () => this.address(),
    auth,
    ({ lastEventId }) => this.ids.update((before) => [...before, lastEventId]),
  );

  // An input that is a signal needs Angular's own compiler. This test compiles in the page.
  @Input() set url(url: string) {
    this.address.set(url);
  }
}

@Component({
  selector: 'app-root',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [List],
  template: `
    <button id="switch" (click)="url.set('/two')">Switch</button>
    <button id="remove" (click)="isShown.set(false)">Remove</button>
    @if (isShown()) {<app-list [url]="url()" />}
  `,
})
export class App {
  readonly url = signal('/one');
  readonly isShown = signal(true);
}

export const mount = (place: HTMLElement) => {
  place.append(document.createElement('app-root'));
  return bootstrapApplication(App, { providers: [provideZonelessChangeDetection()] });
};
