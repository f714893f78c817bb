// What the browser remembers: preferences for every tab, a draft for its own.
// Storage may be full or switched off: then nothing is remembered and
// everything else works.

const key = (name) => `askdesk.${name}`;

function store(area) {
  return {
    get(name, fallback = "") {
      try {
        const text = area().getItem(key(name));
        return text === null ? fallback : JSON.parse(text);
      } catch {
        return fallback;
      }
    },
    set(name, value) {
      try {
        if (value === "" || value === null) area().removeItem(key(name));
        else area().setItem(key(name), JSON.stringify(value));
      } catch { /* see above */ }
    },
  };
}

/** browser outlives the tab. */
export const browser = store(() => localStorage);
/** tab outlives a reload, and two tabs do not mix their drafts. */
export const tab = store(() => sessionStorage);
