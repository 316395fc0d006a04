// Vercel's AI SDK, through its provider for each protocol: what it makes of an answer is the same for all of them.
import { createAnthropic } from '@ai-sdk/anthropic'
import { createGoogleGenerativeAI } from '@ai-sdk/google'
import { createOpenAI } from '@ai-sdk/openai'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { APICallError, Output, generateText, jsonSchema, stepCountIs, streamText, tool } from 'ai'

globalThis.AI_SDK_LOG_WARNINGS = false // what it would leave out, it tells on the console

/** Every error of a call is this one class; the status tells them apart. What a stream breaks with has none. */
const errors = Object.fromEntries(['key', 'model', 'limit', 'request', 'denied', 'server', 'money'].map((e) => [e, APICallError]))
const finishes = { stop: 'stop', length: 'length', tools: 'tool-calls' }

/** An API as in chat.mjs, of one provider: model(world, wire, key) makes from a name what the SDK calls a model. */
const api = (name, of, provider, more) => ({
  name, wire: of, errors, finishes, ...more,
  client: (world, wire, key = world.key, maxRetries = 0) => Object.assign((id) => provider(world, wire.fetch, key)(id), { maxRetries }),

  async ask(model, { stream, onText, onCall, signal, model: id, turns, system, tools, choose, schema, ...rest }) {
    const { maxTokens, temperature, stop, extra } = rest
    const call = {
      model: model(id), maxRetries: model.maxRetries, abortSignal: signal, ...(system && { system }), messages: messages(turns),
      ...(tools && { tools: Object.fromEntries(tools.map((t) => [t.name, tool({ inputSchema: jsonSchema(t.schema) })])) }),
      ...(schema && { output: Output.object({ schema: jsonSchema(schema), name: 'answer' }) }),
      ...(choose && { toolChoice: { type: 'tool', toolName: choose } }), ...(temperature && { temperature }),
      ...(maxTokens && { maxOutputTokens: maxTokens }), ...(stop && { stopSequences: stop }),
      providerOptions: extra,
    }
    if (!stream) return answer(await generateText(call), schema)
    const r = streamText({ ...call, onError() {} })
    const thought = []
    for await (const part of r.fullStream) {
      if (part.type === 'error') throw part.error
      if (part.type === 'abort') throw new DOMException('aborted', 'AbortError')
      if (part.type === 'text-delta') onText?.(part.text)
      if (part.type === 'tool-input-delta') onCall?.(part.delta)
      if (part.type === 'reasoning-delta') thought.push(part.text)
    }
    const names = ['text', 'reasoningText', 'finishReason', 'usage', 'toolCalls', 'response', ...(schema ? ['output'] : [])]
    const whole = Object.fromEntries(await Promise.all(names.map(async (n) => [n, await r[n]])))
    return { ...answer(whole, schema), streamedThinking: thought.join('') }
  },

  async loop(model, { stream, model: id, turns, tools }) {
    const callable = tools.map((t) => [t.name, tool({ inputSchema: jsonSchema(t.schema), execute: t.run })])
    const call = {
      model: model(id), maxRetries: 0, messages: messages(turns), stopWhen: stepCountIs(5),
      tools: Object.fromEntries(callable),
    }
    return stream ? streamText(call).text : (await generateText(call)).text
  },

  /** A stream whose text is read as most programs do: by textStream, which does not throw by itself. */
  async raw(model, { model: id, turns }, onText) {
    let error
    const r = streamText({ model: model(id), maxRetries: 0, messages: messages(turns), onError: (e) => { error = e.error } })
    for await (const delta of r.textStream) onText(delta)
    if (error) throw error
  },
})

const openai = (world, fetch, apiKey) => createOpenAI({ baseURL: `${world.url}/v1`, apiKey, fetch })

export const vercel = [
  api('ai-chat', 'chat', (...w) => openai(...w).chat, { think: { openai: { reasoningEffort: 'low', forceReasoning: true } } }),
  api('ai-compatible', 'chat', (world, fetch, apiKey) => createOpenAICompatible({
    name: 'metapi', baseURL: `${world.url}/v1`, apiKey, fetch, includeUsage: true, supportsStructuredOutputs: true,
  }), { think: { metapi: { reasoningEffort: 'low' } } }),
  // It speaks of what it has got by ids alone, which the account keeps, or else Metapi.
  api('ai-responses', 'responses', (...w) => openai(...w).responses, {
    thinking: { openai: { reasoningEffort: 'low', reasoningSummary: 'auto', forceReasoning: true } },
  }),
  api('ai-messages', 'messages', (world, fetch, apiKey) => createAnthropic({ baseURL: `${world.url}/v1`, apiKey, fetch }), {
    thinking: { anthropic: { thinking: { type: 'enabled', budgetTokens: 1024 } } },
  }),
  api('ai-generate', 'generate', (world, fetch, apiKey) => createGoogleGenerativeAI({ baseURL: `${world.url}/v1beta`, apiKey, fetch }), {
    thinking: { google: { thinkingConfig: { includeThoughts: true, thinkingBudget: 2048 } } },
  }),
]

const output = (r) => r.image
  ? { type: 'content', value: [{ type: 'text', text: JSON.stringify(r.value) }, { type: 'image-data', data: r.image, mediaType: 'image/png' }] }
  : { type: 'json', value: r.value }

function messages(turns) {
  return turns.flatMap((t) => {
    const media = [
      ...(t.image ? [{ type: 'image', image: t.image, mediaType: 'image/png' }] : []),
      ...(t.pdf ? [{ type: 'file', data: t.pdf, mediaType: 'application/pdf', filename: 'a.pdf' }] : []),
    ]
    if (media.length) return { role: 'user', content: [{ type: 'text', text: t.user }, ...media] }
    if (t.user) return { role: 'user', content: t.user }
    if (t.results) {
      return { role: 'tool', content: t.results.map((r) => ({ type: 'tool-result', toolCallId: r.id, toolName: r.name, output: output(r) })) }
    }
    return t.raw
  })
}

function answer(r, schema) {
  return {
    text: r.text, thinking: r.reasoningText ?? '', finish: r.finishReason, usage: r.usage.raw, counted: r.usage, raw: r.response.messages,
    ...(schema && { object: r.output }),
    calls: r.toolCalls.map((c) => ({ id: c.toolCallId, name: c.toolName, args: c.input })),
  }
}
