import { ApiError, GoogleGenAI } from '@google/genai'

/** Gemini's generateContent and streamGenerateContent, through `@google/genai`. It retries nothing unless told to. */
export const generate = {
  name: 'generate', wire: 'generate', vendor: 'gemini', model: 'gemini-2.5-flash', reasoner: 'gemini-3.1-pro-preview', op: 'generate',
  errors: { key: ApiError, model: ApiError, limit: ApiError, request: ApiError, cut: ApiError, money: ApiError, denied: ApiError, server: ApiError },
  refusal: /Unknown name \\?"bogus\\?"/,
  thinking: { thinkingConfig: { includeThoughts: true } },
  think: { thinkingConfig: { includeThoughts: true, thinkingBudget: 2048 } },
  finishes: { stop: 'STOP', length: 'MAX_TOKENS', tools: 'STOP' },

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

function generateBody({ model, turns, system, tools, schema, maxTokens, stop, extra: { bogus, ...extra } = {} }, abortSignal) {
  return {
    model,
    contents: turns.map((t) => {
      if (t.image) return { role: 'user', parts: [{ text: t.user }, { inlineData: { mimeType: 'image/png', data: t.image } }] }
      if (t.user) return { role: 'user', parts: [{ text: t.user }] }
      if (t.results) {
        return { role: 'user', parts: t.results.map((r) => ({ functionResponse: { id: r.id, name: r.name, response: { output: r.value } } })) }
      }
      return t.raw
    }),
    config: {
      abortSignal,
      ...(system && { systemInstruction: system }),
      ...(tools && { tools: [{ functionDeclarations: tools.map(({ name, schema }) => ({ name, parametersJsonSchema: schema })) }] }),
      ...(schema && { responseMimeType: 'application/json', responseJsonSchema: schema }),
      ...(maxTokens && { maxOutputTokens: maxTokens }),
      ...(stop && { stopSequences: stop }),
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
