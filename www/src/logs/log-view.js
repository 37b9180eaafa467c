/** Lines that are kept. */
const KEPT = 1000;
const UPWARDS = ['ArrowUp', 'PageUp', 'Home'];

/**
 * The last lines in a box that scrolls. Only the rows in sight exist as elements, so a frame costs
 * the same for ten lines as for a thousand. It follows the newest line until the reader scrolls
 * up; then it holds still, whatever comes, until the reader is back at the end.
 */
export class LogView {
  isFollowing = true;
  #box;
  #room;
  #rows;
  #lines = [];
  /** What is shown: the same lines, or those of the moment when the reader scrolled up. */
  #shown = this.#lines;
  #isDrawn = true;
  #top = 0;

  constructor(box, onFollow) {
    this.#box = box;
    this.#room = box.firstElementChild;
    this.#rows = this.#room.firstElementChild;
    this.onFollow = onFollow;
    box.addEventListener('scroll', () => this.#scrolled());
    // A smooth scroll begins with less than a pixel, which the next line would undo: the wish counts.
    box.addEventListener('wheel', ({ deltaY }) => deltaY < 0 && this.#hold());
    box.addEventListener('keydown', ({ key }) => {
      if (UPWARDS.includes(key)) this.#hold();
      // Where the view has not moved yet there is nothing to scroll back.
      if (key === 'End') this.follow();
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
    this.#setFollowing(true);
    this.#draw();
  }

  #scrolled() {
    const { scrollTop, scrollHeight, clientHeight } = this.#box;
    const isAtEnd = scrollTop + clientHeight >= scrollHeight - 4;
    // Drawing moves the view down, a box that grows stays at the end: only a reader leaves it upwards.
    if (scrollTop < this.#top && !isAtEnd) this.#setFollowing(false);
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
    this.#room.style.height = `${this.#shown.length * rowHeight}px`;
    if (this.isFollowing) this.#box.scrollTop = this.#box.scrollHeight;
    this.#top = this.#box.scrollTop;
    this.#fill(Math.floor(this.#top / rowHeight), Math.ceil(this.#box.clientHeight / rowHeight) + 1, rowHeight);
  }

  #fill(first, count, rowHeight) {
    while (this.#rows.children.length < count) this.#rows.append(document.createElement('li'));
    for (const [index, row] of [...this.#rows.children].entries()) row.textContent = this.#shown[first + index] ?? '';
    this.#rows.style.transform = `translateY(${first * rowHeight}px)`;
  }
}
