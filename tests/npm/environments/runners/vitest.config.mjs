export default { test: { include: ['runners/stream.vitest.mjs'] } };
