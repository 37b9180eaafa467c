// One parameter of a URL's query.

/** Returns the URL with this query parameter. Every other byte of the URL stays the same, unlike with `searchParams`. */
export function withParam(url: string, name: string, value: string): string {
  const [, start, , query, fragment = ''] = /^([^?#]*)(\?([^#]*))?(#.*)?$/s.exec(url)!;
  const pair = `${new URLSearchParams([[name, value]])}`;
  let isSet = false;
  const pairs = (query ? query.split('&') : []).flatMap((part) => {
    // A leading `?` would be ignored, so that the pair follows a `&`.
    if (part === '' || !new URLSearchParams(`&${part}`).has(name)) return part;
    // Of several parameters with this name the first is replaced, as by `searchParams.set()`.
    const replacement = isSet ? [] : pair;
    isSet = true;
    return replacement;
  });
  if (!isSet) pairs.push(pair);
  return `${start}?${pairs.join('&')}${fragment}`;
}
