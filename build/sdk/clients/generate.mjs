import { ApiError, GoogleGenAI } from '@google/genai'

/** Gemini's generateContent and streamGenerateContent, through `@google/genai`. It retries nothing unless told to. */
export const generate = {
  name: 'generate', wire: 'generate', vendor: 'gemini', model: 'gemini-2.5-flash', reasoner: 'gemini-3.1-pro-preview', op: 'generate',
  errors: Object.fromEntries(['key', 'model', 'limit', 'request', 'cut', 'money', 'denied', 'server'].map((e) => [e, ApiError])),
  refusal: /Unknown name \\?"bogus\\?"/,
  thinking: { thinkingConfig: { includeThoughts: true } },
  think: { thinkingConfig: { includeThoughts: true, thinkingBudget: 2048 } },
  finishes: { stop: 'STOP', length: 'MAX_TOKENS', tools: 'STOP' },

  client: (world, wire, key = world.key, retries = 0) => new GoogleGenAI({
    apiKey: key,
    httpOptions: { baseUrl: world.url, fetch: wire.fetch, ...(retries && { retryOptions: { attempts: retries + 1 } }) },
  }),

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

  async loop(client, { stream, tools, ...rest }) {
    const body = generateBody({ ...rest, tools })
    const [{ functionDeclarations }] = body.config.tools
    const output = ({ name, args }) => tools.find((t) => t.name === name).run(args)
    const run = (call) => ({ functionResponse: { id: call.id, name: call.name, response: { output: output(call) } } })
    body.config.tools = [{ tool: async () => ({ functionDeclarations }), callTool: async (calls) => calls.map(run) }]
    if (!stream) return (await client.models.generateContent(body)).text
    let text = ''
    for await (const chunk of await client.models.generateContentStream(body)) {
      if (parts([chunk]).some((p) => p.functionCall)) text = '' // it was not the last turn
      else text += spoken(parts([chunk]))
    }
    return text
  },

  async raw(client, body, onText) {
    for await (const chunk of await client.models.generateContentStream(generateBody(body))) onText(spoken(parts([chunk])))
  },
}

function generateBody({ model, turns, system, tools, choose, schema, maxTokens, temperature, stop, ...rest }, abortSignal) {
  const { bogus, ...extra } = rest.extra ?? {}
  return {
    model,
    contents: turns.map((t) => {
      const media = [['image/png', t.image], ['application/pdf', t.pdf]].filter(([, data]) => data)
        .map(([mimeType, data]) => ({ inlineData: { mimeType, data } }))
      if (media.length) return { role: 'user', parts: [{ text: t.user }, ...media] }
      if (t.user) return { role: 'user', parts: [{ text: t.user }] }
      if (t.results) {
        return { role: 'user', parts: t.results.map((r) => ({
          functionResponse: {
            id: r.id, name: r.name, response: { output: r.value },
            ...(r.image && { parts: [{ inlineData: { mimeType: 'image/png', data: r.image } }] }),
          },
        })) }
      }
      return t.raw
    }),
    config: {
      abortSignal,
      ...(system && { systemInstruction: system }),
      ...(tools && { tools: [{ functionDeclarations: tools.map(({ name, schema }) => ({ name, parametersJsonSchema: schema })) }] }),
      ...(schema && { responseMimeType: 'application/json', responseJsonSchema: schema }),
      ...(maxTokens && { maxOutputTokens: maxTokens }),
      ...(choose && { toolConfig: { functionCallingConfig: { mode: 'ANY', allowedFunctionNames: [choose] } } }),
      ...(temperature && { temperature }),
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
    refusal: chunks.at(-1).promptFeedback,
    calls: all.filter((p) => p.functionCall).map(({ functionCall: f }) => ({ id: f.id, name: f.name, args: f.args })),
  }
}
