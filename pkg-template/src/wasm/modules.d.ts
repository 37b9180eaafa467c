// Edge runtimes import a `.wasm` file as a compiled module.
declare module '*.wasm' {
  const module: WebAssembly.Module;
  export default module;
}

// Vercel's edge runtime does so only for this query.
declare module '*.wasm?module' {
  const module: WebAssembly.Module;
  export default module;
}
