// Making elements. Text only ever becomes text: there is no way here to turn a
// string into markup.

const svgNS = "http://www.w3.org/2000/svg";

/** h makes an element. Props: class, on (listeners), data, anything else is an attribute; false and null leave it out. */
export function h(tag, props, ...children) {
  const el = document.createElement(tag);
  for (const [name, value] of Object.entries(props ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "class") el.className = value;
    else if (name === "on") for (const [event, fn] of Object.entries(value)) el.addEventListener(event, fn);
    else if (name === "data") Object.assign(el.dataset, value);
    else el.setAttribute(name, value === true ? "" : String(value));
  }
  el.append(...children.flat().filter((c) => c !== null && c !== undefined && c !== false));
  return el;
}

const paths = {
  copy: "M7 7h9v9H7zM4 13V4h9",
  check: "m4 10.5 4 4 8-9",
  up: "M7 9.5 10 3c1.4 0 2 1 2 2.2V8h4l-1 8H7zM7 9.5H4V16h3",
  down: "M13 10.5 10 17c-1.4 0-2-1-2-2.2V12H4l1-8h8zM13 10.5h3V4h-3",
  retry: "M15.5 6.5A6.5 6.5 0 1 0 16.5 10M16 3v4h-4",
  trash: "M4 6h12M8 6V4h4v2M6 6l.7 10h6.6L14 6M8.7 9v4.5M11.3 9v4.5",
  sources: "M5 4h7l3 3v9H5zM8 9h4M8 12h4",
};

/** icon is a decorative drawing; the control around it carries the name. */
export function icon(name) {
  const svg = document.createElementNS(svgNS, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("viewBox", "0 0 20 20");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(svgNS, "path");
  path.setAttribute("d", paths[name]);
  svg.append(path);
  return svg;
}

export const byId = (id) => document.getElementById(id);

/** fromTemplate is a fresh copy of what a <template> holds. */
export const fromTemplate = (id) => byId(id).content.firstElementChild.cloneNode(true);

/** announce tells a screen reader one sentence. */
export function announce(sentence) {
  byId("announce").textContent = sentence;
}
