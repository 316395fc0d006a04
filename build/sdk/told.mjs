// What the clients sent, and what they were told of it: compared with the ledger at the end.

/** The ledger's classes of tokens, by the fields of `metapi usage --json`. */
const classes = ['input_tokens', 'cache_read_tokens', 'cache_write_tokens', 'output_tokens', 'reasoning_tokens']
const tokens = (input, cacheRead, cacheWrite, output, reasoning) =>
  Object.fromEntries(classes.map((c, i) => [c, [input, cacheRead, cacheWrite, output, reasoning][i] ?? 0]))

/** Each vendor's way to count, as its documentation has it: OpenAI and Gemini count cached tokens within the input, Anthropic beside it;
 * only Gemini counts thoughts beside the output. */
export const read = {
  chat: ({ prompt_tokens_details: i, completion_tokens_details: o, ...u }) => inclusive(u.prompt_tokens, i, u.completion_tokens, o),
  responses: ({ input_tokens_details: i, output_tokens_details: o, ...u }) => inclusive(u.input_tokens, i, u.output_tokens, o),
  embeddings: (u) => tokens(u.prompt_tokens),
  plain: (u) => tokens(u.input_tokens, 0, 0, u.output_tokens),
  messages: (u) => tokens(u.input_tokens, u.cache_read_input_tokens, u.cache_creation_input_tokens, u.output_tokens,
    u.output_tokens_details?.thinking_tokens),
  generate: ({ cachedContentTokenCount: cached = 0, candidatesTokenCount: out = 0, thoughtsTokenCount: thoughts = 0, ...u }) =>
    tokens(u.promptTokenCount - cached, cached, 0, out + thoughts, thoughts),
}

function inclusive(input, { cached_tokens: cached = 0, cache_write_tokens: written = 0 } = {}, output, { reasoning_tokens: reasoning } = {}) {
  return tokens(input - cached - written, cached, written, output, reasoning)
}

export const figures = (row) => Object.fromEntries(classes.map((c) => [c, row[c]]))
export const sum = (list) => Object.fromEntries(classes.map((c) => [c, list.reduce((n, x) => n + x[c], 0)]))

export const less = (a, b = {}) => Object.fromEntries(classes.map((c) => [c, a[c] - (b[c] ?? 0)]))

/**
 * Every call that Metapi answered with a request id, of all clients: {id, method, path, status, attempts, deployment, told, kept}. What an
 * SDK's own loop was told of each call it keeps to itself: kept.
 */
export const calls = new Map()

/** How many calls were given up before they were answered. */
export const lost = { count: 0 }

/** The longest that a call may take, in milliseconds: one that hangs shall fail its own test and not the run. */
const patience = 15_000

/** One client's calls. Its fetch goes into an SDK in place of the global one. */
export class Wire {
  last = null
  kept = false

  fetch = async (url, init) => {
    const late = AbortSignal.timeout(patience)
    const signal = init?.signal ? AbortSignal.any([init.signal, late]) : late
    const res = await fetch(url, { ...init, signal }).catch((e) => {
      lost.count++
      throw e
    })
    const id = res.headers.get('x-metapi-request-id')
    this.last = {
      id, method: init?.method ?? 'GET', path: new URL(url).pathname, status: res.status,
      attempts: Number(res.headers.get('x-metapi-attempts')), deployment: res.headers.get('x-metapi-deployment'), headers: res.headers,
      kept: this.kept,
    }
    if (id) calls.set(id, this.last)
    return res
  }

  /** Notes the usage that the SDK was told for the last call. */
  told(api, usage) {
    this.last.told = read[api](usage)
    return this.last.told
  }
}
