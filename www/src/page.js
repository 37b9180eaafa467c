// What every section needs of the page.

export const byId = (id) => document.getElementById(id);

/** Puts the inside of a section behind its title. */
export function place(id, markup) {
  byId(id).insertAdjacentHTML('beforeend', markup);
}

/** An element with a class and a text. The text is never read as HTML: it comes from a server. */
export function element(name, className, text = '') {
  const made = document.createElement(name);
  made.className = className;
  made.textContent = text;
  return made;
}

/** Adds the newest on top and forgets what is older than `limit` entries. */
export function addOnTop(list, item, limit) {
  list.prepend(item);
  while (list.children.length > limit) list.lastElementChild.remove();
}

/** The text with a capital at its beginning. */
export const capitalized = (text) => text.charAt(0).toUpperCase() + text.slice(1);

/** The end of an ID, where ids differ from each other. */
export const shortId = (id) => (id.length > 10 ? `…${id.slice(-9)}` : id);

/** Seconds with one digit, such as `2.4 s`. */
export const seconds = (milliseconds) => `${(milliseconds / 1000).toFixed(1)} s`;
