// Offsets of the API are code points, those of a string here UTF-16 units.

/** units is the UTF-16 offset of a code point offset in text. */
export function units(text, points) {
  let at = 0;
  for (let n = 0; n < points && at < text.length; n++) at += text.codePointAt(at) > 0xffff ? 2 : 1;
  return at;
}
