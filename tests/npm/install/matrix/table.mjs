// The table of the README, made from what the cells did.
import { readFile, writeFile } from 'node:fs/promises';

const README = new URL('../../../../pkg-template/README.md', import.meta.url);
const SECTION = /(<!-- matrix: written by `UPDATE_TABLE=1 cargo xtask test install` -->\n).*?(<!-- \/matrix -->)/s;

export class Table {
  #rows = [];

  enter(name, version, entry, slim) {
    this.#rows.push(`| ${name} | ${version} | ${entry} | ${slim} |`);
  }

  /** Whether the README shows this table; asked to, it writes the table there first. */
  async isInReadme() {
    const text = await readFile(README, 'utf8');
    if (!SECTION.test(text)) throw new Error('the README has lost the place of the table');
    const renewed = text.replace(SECTION, (_, begin, end) => `${begin}${this}${end}`);
    if (process.env.UPDATE_TABLE) await writeFile(README, renewed);
    return renewed === (await readFile(README, 'utf8'));
  }

  toString() {
    const head = ['| zero configuration | version | default entry | `./slim` |', '| --- | --- | --- | --- |'];
    return [...head, ...this.#rows, ''].join('\n');
  }
}
