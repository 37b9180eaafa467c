import { element } from '../page.js';

/** Lines that are kept. */
const KEPT = 1000;
/** Milliseconds that a smooth scroll lasts at most. */
const LEFTOVER = 1000;
/** Characters in the ruler. Its width divided by this is the width of one. */
const RULER = 10;
const UPWARDS = ['ArrowUp', 'PageUp', 'Home'];

/**
 * The last lines in a box that scrolls. Only the rows in sight exist as elements, so a frame costs
 * the same for ten lines as for a thousand. It follows the newest line until the reader scrolls
 * up; then it holds still until the reader is back at the end.
 */
export class LogView {
  isFollowing = true;
  #box;
  #room;
  #rows;
  #ruler;
  #lines = [];
  /** What is shown: the same lines, or those of the moment when the reader scrolled up. */
  #shown = this.#lines;
  #isDrawn = true;
  #top = 0;
  /** When the reader last chose to follow. */
  #followedAt = Number.NEGATIVE_INFINITY;

  constructor(box, onFollow) {
    this.#box = box;
    this.#room = box.firstElementChild;
    this.#rows = this.#room.firstElementChild;
    this.onFollow = onFollow;
    this.#ruler = box.appendChild(element('span', 'ruler', '0'.repeat(RULER)));
    this.#ruler.setAttribute('aria-hidden', 'true');
    box.addEventListener('scroll', () => this.#scrolled());
    // A smooth scroll begins with less than a pixel, which the next line would undo: the wish counts.
    box.addEventListener('wheel', ({ deltaY }) => deltaY < 0 && this.#hold());
    box.addEventListener('keydown', (event) => {
      if (UPWARDS.includes(event.key)) this.#hold();
      if (event.key !== 'End') return;
      event.preventDefault();
      this.follow();
    });
    new ResizeObserver(() => this.#draw()).observe(box);
  }

  /** Takes a line; what the eye can see of it waits for the next frame. */
  add(line) {
    this.#lines.push(line);
    // Removing from the front moves all lines, so it is done once for many.
    if (this.#lines.length >= 2 * KEPT) this.#lines.splice(0, this.#lines.length - KEPT);
    if (!this.#isDrawn || !this.isFollowing) return;
    this.#isDrawn = false;
    requestAnimationFrame(() => this.#draw());
  }

  /** Shows the newest again. */
  follow() {
    this.#followedAt = performance.now();
    this.#setFollowing(true);
    this.#draw();
  }

  #scrolled() {
    const { scrollTop, scrollHeight, clientHeight } = this.#box;
    const isAtEnd = scrollTop + clientHeight >= scrollHeight - 4;
    // Drawing moves the view down, a box that grows stays at the end: only a reader leaves it upwards.
    // The smooth scroll of a key that was pressed before continues for a moment, although the reader wants to follow again.
    const isLeftover = performance.now() - this.#followedAt < LEFTOVER;
    if (scrollTop < this.#top && !isAtEnd && !isLeftover) this.#setFollowing(false);
    else if (scrollTop > this.#top && isAtEnd) this.#setFollowing(true);
    this.#draw();
  }

  /** The reader looks back, if there is anything above. */
  #hold() {
    if (this.#box.scrollHeight > this.#box.clientHeight) this.#setFollowing(false);
  }

  #setFollowing(isFollowing) {
    if (isFollowing !== this.isFollowing) this.onFollow(isFollowing);
    this.isFollowing = isFollowing;
  }

  #draw() {
    this.#isDrawn = true;
    if (this.isFollowing) this.#shown = this.#lines.slice(-KEPT);
    const rowHeight = Number.parseFloat(getComputedStyle(this.#rows).lineHeight);
    const rows = this.#wrapped();
    this.#room.style.height = `${rows.length * rowHeight}px`;
    if (this.isFollowing) this.#box.scrollTop = this.#box.scrollHeight;
    this.#top = this.#box.scrollTop;
    const first = Math.floor(this.#top / rowHeight);
    this.#fill(rows.slice(first, first + Math.ceil(this.#box.clientHeight / rowHeight) + 1), first * rowHeight);
  }

  /** The rows of all lines: a line that is longer than the box is wide continues in the next row. */
  #wrapped() {
    const columns = this.#columns();
    return this.#shown.flatMap((line) => {
      if (line.length <= columns) return line;
      const count = Math.ceil(line.length / columns);
      return Array.from({ length: count }, (_, row) => line.slice(row * columns, (row + 1) * columns));
    });
  }

  /** How many characters fit beside each other. All have the same width. */
  #columns() {
    const { width } = this.#ruler.getBoundingClientRect();
    const { paddingLeft, paddingRight } = getComputedStyle(this.#rows);
    const room = this.#box.clientWidth - Number.parseFloat(paddingLeft) - Number.parseFloat(paddingRight);
    return Math.max(8, Math.floor((room * RULER) / width) || 0);
  }

  #fill(rows, top) {
    const { children } = this.#rows;
    while (children.length > rows.length) this.#rows.lastElementChild.remove();
    while (children.length < rows.length) this.#rows.append(document.createElement('li'));
    for (const [index, row] of rows.entries()) {
      if (children[index].textContent !== row) children[index].textContent = row;
    }
    this.#rows.style.transform = `translateY(${top}px)`;
  }
}
