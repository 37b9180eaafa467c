/** Streams with something special; `\xNN` in a text is one byte. */
export const SAMPLES = {
  'Several lines of data': 'id: 1\nevent: poem\ndata: one\ndata: two\n\n',
  'All three line ends': 'data: LF\n\ndata: CR\r\rdata: CRLF\r\n\r\n',
  'A byte order mark': '\\xef\\xbb\\xbfdata: the mark is gone\n\n',
  'Bad UTF-8': 'data: \\xff\\xfe and then fine\n\n',
  'Comments and unknown fields': ': heartbeat\nnobody: knows me\ndata\n\n',
  'An id without data': 'id: 7\n\ndata: has the last event ID 7\n\n',
  'Unfinished at the end': 'data: complete\n\ndata: never finished',
};

/** The bytes of a text with `\xNN`, `\r` and `\n` spelled out. */
export function toBytes(text) {
  const bytes = [];
  for (const [part] of text.matchAll(/\\x[0-9a-f]{2}|\\r|\\n|[^\\]+|\\/gi)) {
    if (/^\\x/i.test(part)) bytes.push(Number.parseInt(part.slice(2), 16));
    else if (part === '\\r') bytes.push(13);
    else if (part === '\\n') bytes.push(10);
    else bytes.push(...new TextEncoder().encode(part));
  }
  return Uint8Array.from(bytes);
}

/** The bytes for the eye: ASCII as it is, what cannot be seen as `\r`, `\n` and `\xNN`. */
export function toText(bytes) {
  const show = (byte) => {
    if (byte === 10) return '\\n\n';
    if (byte === 13) return '\\r';
    return byte >= 32 && byte < 127 ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, '0')}`;
  };
  return Array.from(bytes, show).join('');
}
