import { ApiError, GoogleGenAI } from '@google/genai'

/** Gemini's generateContent and streamGenerateContent, through `@google/genai`. It retries nothing unless told to. */
export const generate = {
  name: 'generate', vendor: 'gemini', model: 'gemini-2.5-flash', reasoner: 'gemini-3.1-pro-preview', op: 'generate',
  errors: { key: ApiError, model: ApiError, limit: ApiError, request: ApiError, cut: ApiError },
  refusal: /Unknown name \\?"bogus\\?"/,
  thinking: { thinkingConfig: { includeThoughts: true } },

  client: (world, wire, key = world.key) => new GoogleGenAI({ apiKey: key, httpOptions: { baseUrl: world.url, fetch: wire.fetch } }),

  async ask(client, { stream, onText, signal, ...rest }) {
    const body = generateBody(rest, signal)
    if (!stream) return answer([await client.models.generateContent(body)])
    const chunks = []
    for await (const chunk of await client.models.generateContentStream(body)) {
      chunks.push(chunk)
      const text = spoken(parts([chunk]))
      if (text) onText?.(text)
    }
    const r = answer(chunks)
    return { ...r, streamedThinking: r.thinking }
  },

  async raw(client, body, onText) {
    for await (const chunk of await client.models.generateContentStream(generateBody(body))) onText(spoken(parts([chunk])))
  },
}

function generateBody({ model, turns, tools, extra: { bogus, ...extra } = {} }, abortSignal) {
  return {
    model,
    contents: turns.map((t) => {
      if (t.user) return { role: 'user', parts: [{ text: t.user }] }
      if (t.result) {
        return { role: 'user', parts: [{ functionResponse: { id: t.result.id, name: t.result.name, response: { output: t.result.value } } }] }
      }
      return t.raw
    }),
    config: {
      abortSignal,
      ...(tools && { tools: [{ functionDeclarations: tools.map(({ name, schema }) => ({ name, parametersJsonSchema: schema })) }] }),
      ...(bogus && { httpOptions: { extraBody: { bogus } } }),
      ...extra,
    },
  }
}

const parts = (chunks) => chunks.flatMap((c) => c.candidates?.[0]?.content?.parts ?? [])
const spoken = (list) => list.filter((p) => !p.thought).map((p) => p.text ?? '').join('')

function answer(chunks) {
  const all = parts(chunks).filter((p) => p.text !== '' || p.thoughtSignature)
  return {
    text: spoken(all), usage: chunks.at(-1).usageMetadata, raw: { role: 'model', parts: all },
    thinking: all.filter((p) => p.thought).map((p) => p.text).join(''), finish: chunks.at(-1).candidates?.[0]?.finishReason,
    calls: all.filter((p) => p.functionCall).map(({ functionCall: f }) => ({ id: f.id, name: f.name, args: f.args })),
  }
}
