// Before anything else in the page: keeps the memory of the WebAssembly instance, to be weighed.
{
  let memory;
  WebAssembly.Instance = new Proxy(WebAssembly.Instance, {
    construct(Target, given) {
      const instance = new Target(...given);
      // The package has another, smaller module, without a memory.
      memory ??= Object.values(instance.exports).find((member) => member instanceof WebAssembly.Memory);
      return instance;
    },
  });
  globalThis.wasmBytes = () => memory.buffer.byteLength;
}
