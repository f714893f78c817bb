// The HTTP API as the pages use it. Whatever goes wrong is a Failure.

import { events } from "./sse.js";

/** Failure is a request that did not do what was asked. Status 0: no answer came at all. */
export class Failure extends Error {
  constructor(status, problem = {}, retryAfter = 0) {
    super(problem.detail || problem.title || "");
    this.status = status;
    this.code = problem.code ?? "";
    this.requestID = problem.request_id ?? "";
    this.fields = problem.errors ?? [];
    this.retryAfter = retryAfter;
  }
}

// A page of another origin cannot send this header without being let in.
const ours = { "X-Requested-With": "askdesk" };

async function send(path, init) {
  let response;
  try {
    response = await fetch(path, { credentials: "same-origin", ...init, headers: { ...ours, ...init.headers } });
  } catch (err) {
    if (err.name === "AbortError") throw err;
    throw new Failure(0);
  }
  if (response.ok) return response;
  let problem = {};
  try {
    problem = await response.json();
  } catch { /* a proxy answered in its own words */ }
  throw new Failure(response.status, problem, Number(response.headers.get("Retry-After")) || 0);
}

async function json(path, init = {}) {
  const response = await send(path, init);
  return response.status === 204 ? null : response.json();
}

const write = (method, body) => ({
  method, body: JSON.stringify(body), headers: { "Content-Type": "application/json" },
});

const query = (values) => {
  const set = Object.entries(values).filter(([, v]) => v !== "" && v !== undefined && v !== null);
  return set.length ? `?${new URLSearchParams(set)}` : "";
};

const id = encodeURIComponent;

/** all follows the cursors of a list to its end. */
async function all(path, field) {
  const list = [];
  for (let cursor = ""; ;) {
    const page = await json(path + query({ limit: 100, cursor }));
    list.push(...page[field]);
    if (!page.next) return list;
    cursor = page.next;
  }
}

export const bases = () => all("/v1/knowledge-bases", "knowledge_bases");
export const createBase = (name) => json("/v1/knowledge-bases", write("POST", { name }));
export const models = () => json("/v1/models").then((m) => m.models);
export const styles = () => json("/v1/styles");

export const conversations = (limit) => json(`/v1/conversations${query({ limit })}`).then((c) => c.conversations);
export const conversation = (name) => json(`/v1/conversations/${id(name)}`);
export const deleteConversation = (name) => json(`/v1/conversations/${id(name)}`, { method: "DELETE" });

export const feedback = (answer, body) => json(`/v1/answers/${id(answer)}/feedback`, write("POST", body));

export const documents = (values) => json(`/v1/documents${query(values)}`);
export const document = (name) => json(`/v1/documents/${id(name)}`);
export const documentText = (name) => json(`/v1/documents/${id(name)}?text=true`);
export const deleteDocument = (name) => json(`/v1/documents/${id(name)}`, { method: "DELETE" });

export function upload(file, base, audience) {
  const form = new FormData();
  form.append("kb", base);
  form.append("audience", audience);
  form.append("file", file, file.name);
  return json("/v1/documents", { method: "POST", body: form });
}

export const signIn = (key) => json("/v1/session", write("POST", { key }));

/**
 * ask streams an answer: on.passages and on.delta are called as it comes; it
 * returns the whole answer. A stream that ends without one is a Failure of status 0.
 */
export async function ask(request, signal, on) {
  const response = await send("/v1/answers", { ...streamed(request), signal });
  try {
    for await (const { event, data } of events(response.body)) {
      if (event === "passages") on.passages(data);
      else if (event === "delta") on.delta(data);
      else if (event === "done") return data;
      else if (event === "error") throw new Failure(data.status || 500, data);
    }
  } catch (err) {
    if (err.name === "AbortError" || err instanceof Failure) throw err;
  }
  throw new Failure(0);
}

function streamed(request) {
  const init = write("POST", { ...request, stream: true });
  init.headers.Accept = "text/event-stream";
  return init;
}
