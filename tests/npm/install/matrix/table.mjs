// The table of docs/reference.md, made from what the cells did.
import { readFile, writeFile } from 'node:fs/promises';

const REFERENCE = new URL('../../../../docs/reference.md', import.meta.url);
const SECTION = /(<!-- matrix: written by `UPDATE_TABLE=1 cargo xtask test install` -->\n).*?(<!-- \/matrix -->)/s;

export class Table {
  #rows = [];

  enter(name, version, entry, slim) {
    this.#rows.push(`| ${name} | ${version} | ${entry} | ${slim} |`);
  }

  /** Whether the reference shows this table; asked to, it writes the table there first. */
  async isInReference() {
    const text = await readFile(REFERENCE, 'utf8');
    if (!SECTION.test(text)) throw new Error('docs/reference.md has lost the place of the table');
    const renewed = text.replace(SECTION, (_, begin, end) => `${begin}${this}${end}`);
    if (process.env.UPDATE_TABLE) await writeFile(REFERENCE, renewed);
    return renewed === (await readFile(REFERENCE, 'utf8'));
  }

  toString() {
    const head = ['| zero configuration | version | default entry | `./slim` |', '| --- | --- | --- | --- |'];
    return [...head, ...this.#rows, ''].join('\n');
  }
}
