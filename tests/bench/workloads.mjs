// Streams of the kinds that people send, each about a megabyte.

const SIZE = 1 << 20;
const encoder = new TextEncoder();

/** Repeats events until the stream is as long as the others. */
function stream(event) {
  let text = '';
  for (let number = 0; text.length < SIZE; number++) text += event(number);
  return encoder.encode(text);
}

const token = (number) =>
  `data: {"id":"run-${number}","object":"chunk","choices":[{"index":0,"delta":{"content":" word${number % 97}"},"finish_reason":null}]}\n\n`;
/** As long as the chunks of most services are, which name the model and themselves in each. */
const completion = (word) =>
  `data: {"id":"chatcmpl-B9MHDbslfkBeAs8l4bebGdFOJ6PeG","object":"chat.completion.chunk","created":1741570283,"model":"example-4-mini-2025-03-01","choices":[{"index":0,"delta":{"content":"${word}"},"finish_reason":null}]}\n\n`;
/** Five of these twenty are not ASCII, one of them not Latin-1 either. */
const FRENCH = 'L|’|été| dernier|,| les| enfants| jou|aient| à| la| plage|,| où| la| mer| mont|ait| déjà|.'.split('|');
const CJK = '実時間の更新を届ける。서버가 보낸 사건 🚀 ';

/** Events whose data is a sentence. The sentences differ in the share and the width of characters that are not ASCII. */
const sentence = (text) => stream((number) => `data: ${number} ${text}\n\n`);

/** `[name, bytes]` of the texts that warm processes parse, too. */
export const TEXTS = [
  ['German', sentence('Die Straßenbahn fährt früh über die große Brücke, während es draußen noch dämmert.')],
  ['Spanish', sentence('El niño pequeño corrió mañana por la montaña, según contó después su compañía española.')],
  ['French', sentence('L’été dernier, les enfants jouaient à la plage, où la mer était déjà très agitée.')],
  ['Polish', sentence('Zażółć gęślą jaźń, powiedział wójt, gdy źrebię wróciło późną nocą przez łąkę.')],
  ['Russian', sentence('Сегодня утром поезд пришёл вовремя, и мы успели на первую лекцию.')],
  [
    'one Chinese character for each event',
    sentence('the model answered with 好 and nothing else in this chunk of text'),
  ],
  ['curly quotes', sentence('he said “hello there” and then left the room without a word')],
  [
    'an emoji in each tenth event',
    stream((number) => `data: ${number} the build is ${number % 10 ? 'ok' : '🚀'} again\n\n`),
  ],
];

/** `[name, bytes]`. */
export const WORKLOADS = [
  ['tokens of a language model', stream(token)],
  ['chunks of chat completions', stream((number) => completion(` word${number % 97}`))],
  ['chunks of chat completions, in French', stream((number) => completion(FRENCH[number % FRENCH.length]))],
  ['tokens, lines end in CRLF', stream((number) => token(number).replaceAll('\n', '\r\n'))],
  ['tiny: `data: x`', stream(() => 'data: x\n\n')],
  ['64 KB events', stream(() => `data: ${'x'.repeat(65_536)}\n\n`)],
  ['20 lines of data', stream((number) => `${`data: line of event ${number}\n`.repeat(20)}\n`)],
  ['CJK and emoji', stream((number) => `data: ${number} ${CJK.repeat(3)}\n\n`)],
  [
    'id, event and data',
    stream((number) => `id: ${number}\nevent: metrics\ndata: {"cpu":${number % 100},"users":${number % 1009}}\n\n`),
  ],
  ...TEXTS,
];

export const CHUNK_SIZES = [256, 4096, 65_536, 1 << 20];

export function inChunks(bytes, size) {
  const chunks = [];
  for (let start = 0; start < bytes.length; start += size) chunks.push(bytes.slice(start, start + size));
  return chunks;
}
